import { plain, squeezed, undecorated } from './fold.ts'

/** The words a guesser of this account would try first: parts of the name, of the address, of the service's name. */
export function wordsAbout(about: {
  readonly email: string
  readonly name: string
  readonly serviceName: string
}): readonly string[] {
  const [local = '', domain = ''] = plain(about.email).split('@')
  const labels = domain.split('.')
  const parts = [plain(about.name), plain(about.serviceName), local].flatMap((text) => [
    squeezed(text),
    ...text.split(/[^\p{L}\p{N}]+/u),
  ])
  // The last label is `com` or a country: no word about anybody.
  const words = [
    ...parts,
    squeezed(plain(about.email)),
    ...labels.slice(0, Math.max(1, labels.length - 1)).map(squeezed),
  ].filter(isTelling)
  return [...new Set(words.flatMap((word) => [word, [...word].reverse().join('')]))]
}

/**
 * Whether a password is made of such words: whether what remains without them, separators, a few digits and signs is
 * shorter than any password may be. Case, accents and look-alikes (`K0w@lczyk`) make no difference. A sentence in which a
 * name occurs is not refused: NIST SP 800-63B-4 3.1.1.2 has the whole password compared, not its parts.
 */
export function coveredBy(password: string, words: readonly string[]): boolean {
  const typed = Array.from(plain(password))
  return (['as-typed', 'i', 'l'] as const).some((reading) => {
    const read = reading === 'as-typed' ? typed : Array.from(undecorated(typed.join(''), reading))
    // A look-alike may be a sign as typed and a letter as read: what is left out is decided by what is read.
    const kept = read.flatMap((point, index) =>
      squeezed(point) === '' ? [] : [{ read: point, typed: typed[index] ?? '' }],
    )
    const covered = cover(
      kept.map((point) => point.read),
      words,
    )
    if (!covered.includes(true)) return false
    const rest = kept.filter((_, index) => covered[index] !== true)
    const letters = rest.filter((point) => /\p{L}/u.test(point.typed)).length
    const digits = rest.filter((point) => /\p{N}/u.test(point.typed)).length
    return letters + Math.max(0, digits - MOST_DIGITS) < SHORTEST_REST
  })
}

/** Which code points lie in one of the words. */
function cover(points: readonly string[], words: readonly string[]): boolean[] {
  const covered = points.map(() => false)
  for (const word of words) {
    const letters = Array.from(word)
    for (let start = 0; start + letters.length <= points.length; start += 1) {
      if (letters.every((letter, offset) => points[start + offset] === letter)) {
        covered.fill(true, start, start + letters.length)
      }
    }
  }
  return covered
}

/** Three Latin letters, or two of a script that writes a name in two. */
const isTelling = (word: string): boolean => [...word].length >= (/^[a-z0-9]*$/.test(word) ? 3 : 2)

/** What remains must be a password of its own. */
const SHORTEST_REST = 8
/** A year, a date, a counter: decoration, not a secret. */
const MOST_DIGITS = 8

/** Letters that digits and signs stand for, one for one, so that positions keep. `1` and `!` stand for two; both are tried. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '!': 'i',
  '|': 'l',
  '+': 't',
}

/** Lower case, without accents, compatibility forms resolved: `Ｋöwalczyk` → `kowalczyk`. */
export const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .normalize('NFKC')

/** The letters a decorated word was made of: `p4$$w0rd` → `password`; `one` is what `1` and `!` stand for. */
export const undecorated = (text: string, one: 'i' | 'l'): string =>
  [...text]
    .map((point) => (one === 'l' && (point === '1' || point === '!') ? 'l' : (LOOKALIKES[point] ?? point)))
    .join('')

/** Letters and digits only. */
export const squeezed = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '')

/** The one form under which a list has a password. */
export const listedForm = (password: string): string => {
  const text = plain(password)
  // Signs alone, as in a row of emoji, are kept as they are.
  return squeezed(text) || text
}

/**
 * The forms of a password under which a list may have it: without separators, with look-alikes read as letters, and without
 * the digits and signs around it, as long as those are few enough to be decoration.
 */
export function foldVariants(password: string): readonly string[] {
  const text = plain(password)
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const decoration = text.length - core.length <= LONGEST_DECORATION ? [core] : []
  const forms = [text, ...decoration].flatMap((form) => [form, undecorated(form, 'i'), undecorated(form, 'l')])
  return [...new Set([listedForm(password), ...forms.map(squeezed)])].filter((form) => form !== '')
}

/**
 * All under which a filter may have a password: the forms above, and it itself as typed and in lower case, since of a list of hashes no other
 * form is known.
 */
export const listedForms = (password: string): readonly string[] => [
  ...new Set([password, password.toLowerCase(), ...foldVariants(password)]),
]

/** Nine and more digits around a word are no decoration: they may be the secret. */
const LONGEST_DECORATION = 8

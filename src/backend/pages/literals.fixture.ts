/**
 * What people could read in the source of a page that is no word of a language file: text between tags and in attributes that are
 * read out, of templates tagged `html`, and texts given to what puts them there.
 *
 * @param source - of a module, as it is written.
 * @returns the texts, as they stand there.
 */
export function literalsOf(source: string): readonly string[] {
  return [...templatesOf(source).flatMap(visible), ...given(source)]
}

/** What stands for an expression in a template. */
const EXPRESSION = '\uFFFC'

/** The templates tagged `html`, those within others too, with `EXPRESSION` for each `${…}`. */
function templatesOf(source: string): readonly string[] {
  const found: string[] = []
  /** Reads a template from behind its backtick. @returns where it ends, and its text. */
  const template = (from: number): readonly [end: number, text: string] => {
    let text = ''
    for (let at = from; at < source.length; at++) {
      const character = source.charAt(at)
      if (character === '\\') at++
      else if (character === '`') return [at, text]
      else if (source.startsWith('${', at)) {
        at = code(at + 2)
        text += EXPRESSION
      } else text += character
    }
    return [source.length, text]
  }
  /** Reads code up to the brace that ends it, or the end of the file. @returns where that is. */
  const code = (from: number): number => {
    let depth = 0
    for (let at = from; at < source.length; at++) {
      const character = source.charAt(at)
      if (source.startsWith('//', at)) at = endOf('\n', at)
      else if (source.startsWith('/*', at)) at = endOf('*/', at) + 1
      else if (character === "'" || character === '"') at = string(character, at)
      else if (character === '/' && /[(,=:[!&|?{};\n]\s*$/.test(source.slice(Math.max(0, at - 20), at)))
        at = string('/', at)
      else if (character === '`') {
        const tagged = source.slice(0, at).endsWith('html')
        const [end, text] = template(at + 1)
        if (tagged) found.push(text)
        at = end
      } else if (character === '{') depth++
      else if (character === '}' && depth-- === 0) return at
    }
    return source.length
  }
  const string = (quote: string, from: number): number => {
    for (let at = from + 1; at < source.length; at++) {
      if (source.charAt(at) === '\\') at++
      else if (source.charAt(at) === quote) return at
    }
    return source.length
  }
  const endOf = (mark: string, from: number): number => {
    const at = source.indexOf(mark, from)
    return at < 0 ? source.length : at
  }
  code(0)
  return found
}

/** What is seen or read out of a template. */
function visible(template: string): readonly string[] {
  if (FRAGMENT.test(template)) return []
  const attributes = [...template.matchAll(/\s(?:aria-label|alt|title|placeholder|label)="([^"]*)"/g)].map(
    ([, value]) => value ?? '',
  )
  const text = template.replace(/<script\b[\s\S]*?<\/script>/g, ' ').replace(/<[^>]*>/g, '\n')
  return [...text.split('\n'), ...attributes].map((one) => one.replace(/[\uFFFC\s]+/g, ' ').trim()).filter(isWord)
}

/** Texts given to a field, a form or a page as they stand in the module. */
const given = (source: string): readonly string[] =>
  [...source.matchAll(/\b(?:title|label|hint|lead|button|about|problem|optional)\s*:\s*(['"`])((?:(?!\1).)+)\1/g)]
    .map(([, , text]) => (text ?? '').replace(/\$\{[^}]*\}/g, ' ').trim())
    .filter(isWord)

/** Attributes alone, to be put into a tag: `aria-current="page"`. */
const FRAGMENT =
  /^\s(?:required|open|hidden|(?:class|(?:aria|data)-[a-z\uFFFC]+|inputmode)(?:="[^"]*")?)(?:[\s\uFFFC][^<]*)?$/
const isWord = (text: string): boolean => /\p{L}{2}/u.test(text.replace(/&[a-z]+;/g, ' '))

/** Reads what pages of the documentation say about the sources. */

/**
 * The rows of the table between `<!-- name -->` and `<!-- /name -->`, without its heading: cells without the marks of
 * code around them.
 */
export function tableBetween(page: string, name: string): readonly (readonly string[])[] {
  const text = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- /${name.split(' ')[0]} -->`).exec(page)?.[1]
  if (text === undefined) throw new Error(`there is no table ${name}`)
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell, index) => (index < 3 ? cell.trim().replaceAll('`', '') : cell.trim())),
  )
}

export interface Quote {
  /** `file`, or `file#region`. */
  readonly source: string
  readonly code: string
}

/** The code that a page says it quotes: `<!-- quote file#region -->`, a fenced block, `<!-- /quote -->`. */
export function quotesOf(page: string): readonly Quote[] {
  return [...page.matchAll(/<!-- quote (\S+) -->\n\n```ts\n([\s\S]*?)\n```\n\n<!-- \/quote -->/g)].map(
    ([, source = '', code = '']) => ({ source, code }),
  )
}

/** A file's text, or what stands between `// #region name` and `// #endregion`, moved to the left. */
export function sourceOf(text: string, region: string | undefined): string {
  if (region === undefined) return text.trim()
  const found = new RegExp(`^( *)// #region ${region}\\n([\\s\\S]*?)^\\1// #endregion`, 'm').exec(text)
  if (found === null) throw new Error(`there is no region ${region}`)
  const [, indent = '', body = ''] = found
  return body
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n')
    .trim()
}

/** The blocks after `<!-- excerpt file -->`, their lines without indentation. */
export function excerptOf(page: string): readonly { readonly file: string; readonly lines: string }[] {
  return [...page.matchAll(/<!-- excerpt (\S+) -->\n\n```ts\n([\s\S]*?)\n```/g)].map(([, file = '', code = '']) => ({
    file,
    lines: code
      .split('\n')
      .map((line) => line.trim())
      .join('\n'),
  }))
}

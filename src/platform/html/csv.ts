/** A table that leaves as CSV (RFC 4180), with formulas made harmless. */
export class Csv {
  /** Suggested to the browser: `notes.csv`. */
  readonly filename: string
  readonly #text: string

  /**
   * @param filename - letters, digits, `-`, `_` and one dot.
   * @param heading - the names of the columns.
   *
   * @throws TypeError for a file name with anything else in it.
   */
  constructor(filename: string, heading: readonly string[], rows: Iterable<readonly CsvValue[]>) {
    if (!/^[A-Za-z0-9_-]{1,80}\.csv$/.test(filename)) throw new TypeError('a CSV file is named like notes.csv')
    this.filename = filename
    let text = `${heading.map(csvCell).join(',')}\r\n`
    for (const row of rows) text += `${row.map(csvCell).join(',')}\r\n`
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type CsvValue = string | number | boolean | null | undefined

/**
 * One cell. A text that a spreadsheet would run as a formula (starting, after blanks, with `=`, `+`, `-`, `@` or a fullwidth
 * form of them, or with a tab or line break) gets an apostrophe in front, which spreadsheets take for "this is text" (ASVS 5.0, 1.2.10).
 * Numbers are no texts: -1 stays -1.
 */
export function csvCell(value: CsvValue): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const harmless = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n;\t]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const FORMULA = /^(?:[\t\r\n\0]|\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/

/** HTML that was built by the {@link html} template and nothing else. */
export class Html {
  readonly #text: string

  /** Module-private by convention: only `html` and `trusted` call it. */
  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

type Piece = Html | string | number | boolean | null | undefined | readonly Piece[]

/**
 * Escapes every value it is given: ``html`<p title="${title}">${body}</p>` ``. Html passes as it is, lists are joined,
 * `null`, `undefined` and booleans vanish. Attribute values must be quoted in the template.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  let out = strings[0] ?? ''
  for (let i = 0; i < values.length; i++) out += render(values[i]) + (strings[i + 1] ?? '')
  return new Html(out)
}

/** Marks a constant of the source as HTML. Takes template literals only, so that no variable text gets through. */
export function trusted(strings: TemplateStringsArray, ...rest: readonly never[]): Html {
  if (rest.length > 0) throw new TypeError('trusted takes constants only')
  return new Html(strings[0] ?? '')
}

function render(value: Piece): string {
  if (value === null || value === undefined || typeof value === 'boolean') return ''
  if (value instanceof Html) return value.toString()
  if (Array.isArray(value)) return value.map(render).join('')
  return escapeHtml(String(value))
}

/** The five characters that can end text or a quoted attribute. */
export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '') : text
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

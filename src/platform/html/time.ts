import { type Html, html } from './html.ts'

/**
 * `2026-11-23 21:43 UTC`: one form for everybody, since a page without script does not learn the reader's zone; and without words,
 * so that it is the same in every language.
 */
export function shownTime(moment: Date | number): Html {
  const date = new Date(moment)
  return html`<time datetime="${date.toISOString()}">${timeText(date)}</time>`
}

/** The same for a mail. */
export const timeText = (moment: Date | number): string =>
  `${new Date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`

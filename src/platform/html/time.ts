import { type Html, html } from './html.ts'

/** `23 Nov 2026, 21:43 UTC`: one form for everybody, since a page without script does not learn the reader's zone. */
export function shownTime(moment: Date | number): Html {
  const date = new Date(moment)
  return html`<time datetime="${date.toISOString()}">${timeText(date)}</time>`
}

/** The same for a mail. */
export const timeText = (moment: Date | number): string => `${FORMAT.format(moment)} UTC`

const FORMAT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})

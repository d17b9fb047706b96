import { type Static, Type } from 'holdfast'

/**
 * What the form of a note sends. Wider than what a note may be: what does not fit is said beside the form by
 * {@link readWritten}, so that nobody loses their words to an error page.
 */
export const Written = Type.Object({
  title: Type.String({ maxLength: 200 }),
  // Browsers send each line end as two characters and count it as one.
  body: Type.String({ maxLength: 40_000 }),
  tags: Type.String({ maxLength: 1000 }),
  secret: Type.String({ maxLength: 200 }),
})
export type WrittenNote = Static<typeof Written>

type Read =
  | {
      readonly note: { readonly title: string; readonly body: string; readonly secret: string | null }
      readonly problem?: never
    }
  | { readonly note?: never; readonly problem: string }

/** The note somebody wrote, or why it can't be kept. */
export function readWritten(written: WrittenNote): Read {
  const title = written.title.replace(/\s+/g, ' ').trim()
  const body = written.body.replaceAll('\r\n', '\n')
  const secret = written.secret.trim()
  if (title === '') return { problem: 'Give the note a title.' }
  if ([...body].length > 20_000) return { problem: 'A note has 20,000 characters at most.' }
  if (CONTROL.test(title + secret) || CONTROL_IN_LINES.test(body))
    return { problem: 'There are control characters in it that can not be kept; they often come with copied text.' }
  return { note: { title, body, secret: secret === '' ? null : secret } }
}

const CONTROL = /\p{Cc}/u
const CONTROL_IN_LINES = /(?![\t\n])\p{Cc}/u

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Moment } from '../../kernel/time.ts'
import type { Mail, MailTransport } from './mail.ts'

/** A mail that was kept instead of being sent. */
export interface KeptMail extends Mail {
  readonly at: Moment
}

/**
 * Keeps mails as files of mode 0600 in a folder, at most {@link MOST_KEPT}: the oldest go. For development, where no mail server is set.
 *
 * @param folder - there already, 0700.
 */
export function openOutbox(folder: string, clock: Clock): MailTransport {
  return {
    async send(mail, id) {
      const { to, subject, text, html } = mail
      const kept: KeptMail = { to, subject, text, html, at: clock.now() }
      // One file for a mail, also when it is handed over twice; there whole or not at all. Not flushed to the disk: under the
      // permission model a process may not, and a mail of development need not outlive a loss of power.
      const file = join(folder, `${id}.json`)
      writeFileSync(`${file}.new`, `${JSON.stringify(kept)}\n`, { mode: 0o600 })
      renameSync(`${file}.new`, file)
      for (const name of keptNames(folder).slice(MOST_KEPT)) rmSync(join(folder, name), { force: true })
    },
    close: async () => undefined,
  }
}

/** The kept mails, newest first; none where there is no such folder. What is no mail of ours is passed over. */
export function readOutbox(folder: string, most: number = MOST_KEPT): readonly KeptMail[] {
  return keptNames(folder)
    .slice(0, most)
    .flatMap((name) => {
      const mail = parse(join(folder, name))
      return mail === undefined ? [] : [mail]
    })
}

/** The first address that stands alone on a line: where the mail's button leads. */
export const linkOf = ({ text }: Pick<Mail, 'text'>): string | null => /^https?:\/\/\S+$/m.exec(text)?.[0] ?? null

/** Names begin with the moment of the mail: UUIDs of version 7. */
function keptNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NAME.test(name))
      .sort()
      .reverse()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function parse(file: string): KeptMail | undefined {
  try {
    const { to, subject, text, html, at } = JSON.parse(readFileSync(file, 'utf8'))
    const sound = [to, subject, text, html].every((one) => typeof one === 'string') && Number.isSafeInteger(at)
    return sound ? { to, subject, text, html, at } : undefined
  } catch {
    // Gone meanwhile, or none of ours.
    return undefined
  }
}

export const MOST_KEPT = 200
const NAME = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.json$/

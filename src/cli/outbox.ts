import { openStateDirectory } from '../backend/state-directory.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { type KeptMail, linkOf, readOutbox } from '../platform/mail/index.ts'
import { readArguments } from './arguments.ts'
import { type Command, stateDirectoryOf } from './command.ts'

/** What the worker of a development kept instead of sending it. */
export const outbox: Command = {
  help: `holdfast outbox [--json]
holdfast outbox show [N]
holdfast outbox link [N]

Without HOLDFAST_SMTP_URL, holdfast dev keeps the last 200 mails in the state directory. This lists them, newest first, and
the newest link below. show prints one of them, by its number in the list (default 1, the newest); link prints the address in it and
nothing else, for the clipboard or a script.

  --state DIRECTORY   where it runs (default HOLDFAST_STATE, else .holdfast)
  --json              the list, as JSON

Exit codes: 0 done · 1 there is no such mail or link · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'outbox',
      options: { state: { type: 'string' }, json: { type: 'boolean' } },
      most: 2,
    })
    const mails = readOutbox(openStateDirectory(stateDirectoryOf(values.state, process.env)).outbox)
    const [action, number = '1'] = positionals
    if (action === undefined) {
      process.stdout.write(values.json ? `${JSON.stringify(mails.map(described), null, 2)}\n` : listed(mails))
      return 0
    }
    if ((action !== 'show' && action !== 'link') || !/^[1-9]\d{0,3}$/.test(number))
      throw new StartRefusal('outbox', 'say what: holdfast outbox, holdfast outbox show N, or holdfast outbox link N')
    const mail = mails[Number(number) - 1]
    const text = mail === undefined ? null : action === 'show' ? whole(mail) : linkOf(mail)
    if (text === null) {
      process.stderr.write(mail === undefined ? 'there is no such mail\n' : 'there is no link in it\n')
      return 1
    }
    process.stdout.write(`${text.trimEnd()}\n`)
    return 0
  },
}

function listed(mails: readonly KeptMail[]): string {
  if (mails.length === 0) return 'no mail yet\n'
  const width = Math.max(...mails.map(({ to }) => to.length))
  const lines = mails.map(
    (mail, index) => `${String(index + 1).padStart(4)}  ${timeOf(mail)}  ${mail.to.padEnd(width)}  ${mail.subject}`,
  )
  const link = mails.map(linkOf).find((found) => found !== null)
  return `${lines.join('\n')}\n${link === undefined ? '' : `\nThe newest link:\n\n  ${link}\n\n`}`
}

const whole = (mail: KeptMail): string =>
  `To: ${mail.to}\nSubject: ${mail.subject}\nDate: ${timeOf(mail)}\n\n${mail.text}`

const described = (mail: KeptMail) => ({ ...mail, at: timeOf(mail), link: linkOf(mail) })

const timeOf = ({ at }: KeptMail): string => new Date(at).toISOString()

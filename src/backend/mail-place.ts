import { mkdirSync, readFileSync } from 'node:fs'
import type { Configuration } from '../checklist/server/secure-configuration/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { MailPlace } from './messages.ts'
import type { StateDirectory } from './state-directory.ts'

/**
 * Where mails go: the configured mail server, else the outbox of a development.
 *
 * @throws StartRefusal for an authority's file that can't be read.
 */
export function mailPlace(
  { smtp, mailFrom, mode }: Pick<Configuration, 'smtp' | 'mailFrom' | 'mode'>,
  state: Pick<StateDirectory, 'outbox'>,
  definition: { readonly title: string },
): MailPlace {
  if (smtp === null) {
    if (mode === 'start') throw new StartRefusal('HOLDFAST_SMTP_URL', 'is missing; production sends its mails')
    mkdirSync(state.outbox, { recursive: true, mode: 0o700 })
    return { kind: 'outbox', folder: state.outbox }
  }
  const { host, port, user, password, tls, caFile } = smtp
  return {
    kind: 'smtp',
    host,
    port,
    user,
    password: password?.release() ?? null,
    tls,
    ...(caFile === null ? {} : { ca: readAuthority(caFile) }),
    from: mailFrom ?? { name: definition.title, address: 'no-reply@localhost' },
  }
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StartRefusal('HOLDFAST_SMTP_URL', `names a CA file that can not be read (${code})`)
  }
}

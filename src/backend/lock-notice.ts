import type { Attempt } from '../checklist/authentication/enumeration-and-brute-force/index.ts'
import { NOBODY } from '../kernel/principal.ts'
import { composeMail } from './mails/compose-mail.ts'
import type { BackendParts } from './parts.ts'
import { en } from './words/en/index.ts'

/**
 * Tells the owner that a password, or the codes, were locked. Not awaited by whoever guessed: how long it takes, and whether
 * there is anybody to tell, must not be seen.
 */
export function tellOfLock(
  { accounts, mail, log, definition }: Pick<BackendParts, 'accounts' | 'mail' | 'log' | 'definition'>,
  { flow, subject }: Pick<Attempt, 'flow' | 'subject'>,
): void {
  const secondFactor = flow === 'second-factor'
  accounts
    .transaction(NOBODY, async (tx) => {
      const account = await tx
        .selectFrom('holdfast.account')
        .select('email')
        .where(secondFactor ? 'id' : 'email', '=', subject)
        .executeTakeFirst()
      if (account === undefined) return
      await mail.stage(tx, composeMail({ to: account.email, ...en.challenge.lockMail(definition.title, secondFactor) }))
    })
    .catch((cause: unknown) => log.error({ cause }, 'a lock could not be told to its owner'))
}

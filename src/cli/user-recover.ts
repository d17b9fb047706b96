import { randomBytes } from 'node:crypto'
import { FactorResets } from '../backend/factor-resets.ts'
import { composeStanding } from '../backend/standing-backend.ts'
import { NOBODY } from '../kernel/principal.ts'
import { systemClock } from '../kernel/time.ts'
import { createEvents } from '../platform/events/index.ts'
import { timeText } from '../platform/html/time.ts'
import { createLog } from '../platform/log/log.ts'
import { createMailQueue } from '../platform/mail/index.ts'
import { accountIdOf, type Operated } from './operated.ts'

/**
 * `holdfast user recover`: starts the reset of somebody's second factors that an administrator could start, for when there is
 * none who can sign in. It waits as long, is told to the same people, and sets no password.
 */
export async function recoverUser(operated: Operated, email: string, cancel: boolean): Promise<number> {
  const { accounts, definition, sealer, origin } = operated
  const accountId = await accountIdOf(accounts, email)
  const events = createEvents({ database: accounts, clock: systemClock, random: randomBytes, onLoss: () => {} })
  try {
    const { controls } = await composeStanding({
      definition,
      accounts,
      runtime: await operated.runtime(),
      sealer,
      events,
      settings: { HOLDFAST_FACTOR_RESET_HOURS: String(operated.factorResetHours) },
    })
    const resets = new FactorResets(controls, {
      accounts,
      definition,
      clock: systemClock,
      mail: createMailQueue({ sealer, clock: systemClock, random: randomBytes }),
      publicOrigins: [origin],
      log: createLog({ name: 'command line', destination: { write: () => undefined } }),
    })
    if (cancel) {
      if (!(await resets.cancelAsOperator(accountId))) return nothing(`no reset of ${email} is under way`)
      process.stdout.write(`The reset of ${email} is cancelled: all second factors stay. They are told by mail.\n`)
      return 0
    }
    const underWay = await resets.of(accountId)
    if (underWay !== null)
      return nothing(
        `a reset of ${email} is under way already, and takes effect on ${timeText(new Date(underWay.effectiveAt))}; see --cancel`,
      )
    const why = await whyNot(operated, accountId, email)
    const { totp, passkeys } = await controls['authentication/multi-factor'].factorsOf(accountId)
    if (why !== null) return nothing(why)
    if (!totp && passkeys === 0)
      return nothing(
        `${email} has no second factor to reset: the password alone signs in, and a forgotten one is replaced at ${origin}/reset`,
      )
    const { effectiveAt } = await resets.startAsOperator(accountId)
    process.stdout.write(started(email, accountId, timeText(new Date(effectiveAt)), origin))
    return 0
  } finally {
    await events.close()
  }
}

/** Why a reset would be of no use to an account; `null` where it would. */
async function whyNot({ accounts }: Operated, accountId: string, email: string): Promise<string | null> {
  const account = await accounts
    .as(NOBODY)
    .selectFrom('holdfast.account')
    .select('disabled_at')
    .where('id', '=', accountId)
    .executeTakeFirst()
  return account?.disabled_at == null
    ? null
    : `${email} is out of use, and nobody signs in to it: an owner or administrator puts it back into use first`
}

function nothing(why: string): number {
  process.stderr.write(`${why}\n`)
  return 1
}

const started = (email: string, accountId: string, when: string, origin: string): string => `\
All second factors of ${email} will be removed on ${when}, unless it is cancelled before:
  by them, on ${origin}/account/factors, or by signing in with a factor;
  by an owner, on ${origin}/admin/people/${accountId};
  here, with holdfast user recover ${email} --cancel
They are told by mail, and so are the other owners.
From then on the password alone signs in; a forgotten one is replaced at ${origin}/reset. What a role allows that asks for a
second factor stays closed until they have set up a new one, which that page leads to.
`

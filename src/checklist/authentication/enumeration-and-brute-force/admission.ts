import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { RESERVE_MAIL, RESERVE_SECRET } from './attempt-queries.ts'
import { BUDGETS } from './budgets.ts'
import type { Parts } from './control.ts'
import type { Attempt, Guessing } from './guessing.ts'
import { accountKey, clientKey, deviceHash, deviceKey, familyOf, serviceKey } from './keys.ts'

/** Lets tries through, or says when to come back and with what. */
export function createAdmission({ accounts, sealer, clock, events, proofs }: Parts): Pick<Guessing, 'admit'> {
  let checking = 0

  /** What is presented as solved, checked before anything is asked of the database; it is used up there. */
  const solved = async ({ challenge, address, requestId }: Attempt) => {
    if (challenge === undefined) return null
    // Checking costs a moment of a thread; more of them than this at once are somebody's flood.
    if (checking >= MOST_CHECKS) throw new Refusal('overloaded')
    checking += 1
    const verdict = await proofs.verify(challenge).finally(() => {
      checking -= 1
    })
    if (typeof verdict !== 'string') return verdict
    events.report({ name: 'authn_challenge_fail', result: 'failure', fields: { reason: verdict }, address, requestId })
    return null
  }

  return {
    async admit(attempt) {
      const { flow, subject, address, requestId } = attempt
      const family = familyOf(flow)
      const proof = ASKED_FOR_WORK.has(flow) ? await solved(attempt) : null
      const device = deviceHash(attempt.device)
      const now = clock.now()
      const [result] = await accounts.batch(NOBODY, [
        {
          sql: family === 'mail' ? RESERVE_MAIL : RESERVE_SECRET,
          parameters: [
            now,
            accountKey(sealer, family, subject),
            clientKey(sealer, attempt),
            device,
            deviceKey(sealer, family, device?.toString('hex') ?? ''),
            subject,
            proof === null ? null : sealer.index('challenge', proof.id),
            proof?.expiresAt ?? now,
            ASKED_FOR_WORK.has(flow) ? serviceKey(sealer) : null,
          ],
        },
      ])
      const row = reserved(result?.rows[0])
      const refuse = (by: 'account' | 'address' | 'device' | 'service', seconds: number): Refusal => {
        events.report({ name: 'authn_delayed', result: 'failure', fields: { flow, by }, address, requestId })
        return new Refusal('too-many-attempts', `Too many attempts; try again in ${spoken(seconds)}`, {
          retryAfterSeconds: seconds,
        })
      }
      const left = Math.max(1, Math.ceil(((row.until ?? now) - now) / 1000))
      if (row.device !== null) {
        if (row.own === null) throw refuse('device', left)
        return { attempt, locked: false, device: row.device, failures: row.own }
      }
      if (row.passed === 0) {
        if ((row.stuffing ?? 0) >= BUDGETS.refusalFailures) throw refuse('service', SERVICE_WAIT)
        if (proof !== null)
          events.report({
            name: 'authn_challenge_fail',
            result: 'failure',
            fields: { reason: 'used' },
            address,
            requestId,
          })
        throw new Refusal('challenge-required', HOW, {
          retryAfterSeconds: BUDGETS.window,
          headers: { link: '</auth/challenge>; rel="related"' },
        })
      }
      if (row.address === 0) throw refuse('address', left)
      if (row.account === null) throw refuse('account', left)
      return { attempt, locked: row.account > BUDGETS.mostFailures, device: null, failures: row.account }
    },
  }
}

const spoken = (seconds: number): string =>
  seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : seconds === 1 ? 'a second' : `${seconds} seconds`

/** What {@link RESERVE_SECRET} and {@link RESERVE_MAIL} answer. Anything else of a row lets nobody through. */
interface Reserved {
  readonly device: string | null
  readonly own: number | null
  readonly account: number | null
  readonly passed: number
  readonly address: number
  readonly stuffing: number | null
  readonly until: number | null
}

function reserved(row: Readonly<Record<string, unknown>> = {}): Reserved {
  const count = (name: string): number | null => {
    const value = row[name]
    if (value === null) return null
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`a reservation lacks ${name}`)
    return value
  }
  return {
    device: typeof row.device === 'string' ? row.device : null,
    own: count('own'),
    account: count('account'),
    passed: count('passed') ?? 0,
    address: count('address') ?? 0,
    stuffing: count('stuffing'),
    until: count('until'),
  }
}

/** Flows of strangers. Who enters a code or confirms a password has shown something already. */
const ASKED_FOR_WORK: ReadonlySet<Attempt['flow']> = new Set(['sign-in', 'sign-up', 'reset', 'sign-in-link'])
/** At once, in one process. */
const MOST_CHECKS = 32
/** Seconds until a service that refuses strangers is asked again. */
const SERVICE_WAIT = 60
const HOW =
  'Somebody is trying many accounts: solve a challenge of /auth/challenge and send it along in the cookie __Host-challenge, or wait'

import { createHash } from 'node:crypto'
import type { ExpressionBuilder, Kysely } from 'kysely'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { Secret } from '../../../kernel/secret.ts'
import { after, type Clock, hours, type Moment } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import { runStatement } from '../../../platform/database/run-statement.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'

/** How long the link for the first owner is good for. */
export const ENROLMENT_LIFETIME = hours(1)

export interface EnrolmentOptions {
  readonly accounts: Database<HoldfastTables>
  readonly random: (bytes: number) => Buffer
  readonly clock: Clock
}

/**
 * Opens the way in for the first owner, while there is none: a token for one use within an hour. Links opened before
 * are void from then on. There is no other first account, hence no default password to change.
 *
 * @returns the token, of which only the SHA-256 is stored; null when somebody owns the backend already.
 */
export function openEnrolment({ accounts, random, clock }: EnrolmentOptions): Promise<Secret | null> {
  return accounts.transaction(NOBODY, async (tx) => {
    // One at a time: two openings at once would each miss the other's link.
    await runStatement(tx, {
      sql: "select pg_advisory_xact_lock(hashtextextended('holdfast enrolment', 0))",
      parameters: [],
    })
    const owner = await tx
      .selectFrom('holdfast.account_role')
      .select('account_id')
      .where('role', '=', 'owner')
      .limit(1)
      .execute()
    if (owner.length > 0) return null
    const now = new Date(clock.now())
    await tx
      .updateTable('holdfast.one_time_link')
      .set({ used_at: now })
      .where('purpose', '=', 'enrolment')
      .where('used_at', 'is', null)
      .execute()
    const token = random(32).toString('base64url')
    await tx
      .insertInto('holdfast.one_time_link')
      .values({
        token_hash: hashOf(token),
        purpose: 'enrolment',
        tenant_id: null,
        created_at: now,
        expires_at: new Date(after(clock.now(), ENROLMENT_LIFETIME)),
        used_at: null,
      })
      .execute()
    return new Secret(token)
  })
}

/**
 * Whether an enrolment token is good; it stays good. For the page it leads to.
 *
 * @throws {@link Refusal} `link-invalid`, as {@link useEnrolment}.
 */
export async function lookAtEnrolment(from: Kysely<HoldfastTables>, token: string, now: Moment): Promise<void> {
  if (!TOKEN.test(token)) throw new Refusal('link-invalid')
  const good = await from
    .selectFrom('holdfast.one_time_link')
    .select('purpose')
    .where(isGood(token, now))
    .executeTakeFirst()
  if (good === undefined) throw new Refusal('link-invalid')
}

/**
 * Uses an enrolment token, in the transaction that makes the owner: both or neither. One statement decides, so that of
 * two uses at once one waits for the other and finds it done.
 *
 * @throws {@link Refusal} `link-invalid` for a token that is none, used, expired or void, and for any once there is an
 * owner, alike.
 */
export async function useEnrolment(tx: Kysely<HoldfastTables>, token: string, now: Moment): Promise<void> {
  if (!TOKEN.test(token)) throw new Refusal('link-invalid')
  const used = await tx
    .updateTable('holdfast.one_time_link')
    .set({ used_at: new Date(now) })
    .where(isGood(token, now))
    .returning('purpose')
    .execute()
  if (used.length !== 1) throw new Refusal('link-invalid')
}

/** An enrolment's, not used, in its time, and while there is no owner. */
const isGood =
  (token: string, now: Moment) =>
  ({ and, eb, not, exists, selectFrom }: ExpressionBuilder<HoldfastTables, 'holdfast.one_time_link'>) =>
    and([
      eb('token_hash', '=', hashOf(token)),
      eb('purpose', '=', 'enrolment'),
      eb('used_at', 'is', null),
      eb('expires_at', '>', new Date(now)),
      not(exists(selectFrom('holdfast.account_role').select('account_id').where('role', '=', 'owner'))),
    ])

const TOKEN = /^[\w-]{43}$/
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

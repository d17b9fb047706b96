import type { ExplainedPerson } from '../checklist/authentication/access-control/index.ts'
import { type Assurance, NOBODY } from '../kernel/principal.ts'
import type { Moment } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import type { Controls } from './controls.ts'

/** Somebody as the backend would know them now, in words where it is by a session. */
export interface FoundPerson {
  readonly person: ExplainedPerson
  /** What was assumed of how they are signed in. */
  readonly as: string
}

/**
 * Somebody by their address, as their live session makes them that was proved last; else as if they had just signed in with all
 * they have.
 *
 * @returns `disabled` for an account that is out of use, `null` for none.
 */
export async function findPerson(
  accounts: Database<HoldfastTables>,
  controls: Pick<
    Controls,
    'authentication/access-control' | 'authentication/multi-factor' | 'authentication/session-management'
  >,
  email: string,
  now: Moment,
): Promise<FoundPerson | 'disabled' | null> {
  const db = accounts.as(NOBODY)
  const account = await db
    .selectFrom('holdfast.account')
    .select(['id', 'disabled_at'])
    .where('email', '=', email.toLowerCase())
    .executeTakeFirst()
  if (account === undefined) return null
  if (account.disabled_at !== null) return 'disabled'
  const grants = await db
    .selectFrom('holdfast.account_role as held')
    .leftJoin('holdfast.account as giver', 'giver.id', 'held.granted_by')
    .select(['held.role', 'held.granted_at', 'giver.email'])
    .where('held.account_id', '=', account.id)
    .orderBy('held.role')
    .execute()
  const roles = grants.map(({ role }) => role)
  const factors = controls['authentication/multi-factor']
  const access = controls['authentication/access-control']
  const { totp, passkeys } = await factors.factorsOf(account.id)
  const secondFactor = totp || passkeys > 0
  const session = await lastProved(db, account.id)
  const judged =
    session === undefined
      ? undefined
      : controls['authentication/session-management'].judge(session, factors.isRequired(roles), now)
  const alive = session !== undefined && judged?.alive === true
  const assurance: Assurance = alive && judged.alive ? judged.assurance : secondFactor ? 2 : 1
  const authenticatedAt = alive ? session.authenticatedAt : now
  const effectiveRoles = factors.effectiveRoles(roles, assurance)
  const permissions = access.permissionsOf(effectiveRoles)
  return {
    as: alive
      ? `Judged by the session of theirs that was proved last: on ${new Date(authenticatedAt).toISOString()}, with ${assurance >= 2 ? 'two factors' : 'one factor'}.`
      : `Signed in nowhere; judged as if they signed in now, with ${assurance >= 2 ? 'two factors' : 'the one factor they have'}.`,
    person: {
      given: new Map(
        grants.map(({ role, granted_at, email: by }) => [
          role,
          `${by === null ? 'by nobody that is still here, or at the command line' : `by ${by}`} on ${granted_at.toISOString().slice(0, 10)}`,
        ]),
      ),
      principal: {
        accountId: account.id,
        sessionId: alive ? session.id : '',
        tenantId: alive ? session.tenantId : await firstTenant(db, account.id),
        roles,
        effectiveRoles,
        permissions,
        withheld: new Set([...access.permissionsOf(roles).keys()].filter((one) => !permissions.has(one))),
        secondFactor,
        assurance,
        authenticatedAt,
      },
    },
  }
}

type Reader = ReturnType<Database<HoldfastTables>['as']>

async function lastProved(db: Reader, accountId: string) {
  const row = await db
    .selectFrom('holdfast.session')
    .select(['id', 'tenant_id', 'assurance', 'authenticated_at', 'used_at', 'expires_at'])
    .where('account_id', '=', accountId)
    .where('ended_at', 'is', null)
    .orderBy('authenticated_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    id: row.id,
    tenantId: row.tenant_id,
    assurance: row.assurance as Assurance,
    authenticatedAt: row.authenticated_at.getTime(),
    usedAt: row.used_at.getTime(),
    expiresAt: row.expires_at.getTime(),
  }
}

/** The one a new session would begin in. */
async function firstTenant(db: Reader, accountId: string): Promise<string | null> {
  const row = await db
    .selectFrom('holdfast.tenant_member')
    .select('tenant_id')
    .where('account_id', '=', accountId)
    .orderBy('joined_at')
    .limit(1)
    .executeTakeFirst()
  return row?.tenant_id ?? null
}

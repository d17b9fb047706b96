import { Refusal } from '../../kernel/refusal.ts'
import type { Database } from '../../platform/database/database.ts'
import type { HoldfastTables } from '../../platform/database/tables.ts'
import { type Static, type TSchema, Type } from '../../platform/declaration/index.ts'
import { Timestamp, Uuid } from '../routes/route.ts'

const closed = { additionalProperties: false } as const
const Moment = Type.Union([Timestamp, Type.Null()])
const Short = Type.String({ maxLength: 300 })
/** Of each list the newest; nobody has more by ordinary use. */
const MOST = 10_000
const listOf = <T extends TSchema>(item: T) => Type.Array(item, { maxItems: MOST })

/** What Holdfast itself keeps about a person. Secrets are not among it: of those it says that they are there. */
export const KeptAbout = Type.Object(
  {
    account: Type.Object(
      { id: Uuid, email: Short, name: Short, createdAt: Timestamp, emailVerifiedAt: Moment, disabledAt: Moment },
      closed,
    ),
    passwords: listOf(Type.Object({ changedAt: Timestamp }, closed)),
    roles: listOf(Type.Object({ role: Short, grantedAt: Timestamp }, closed)),
    memberships: listOf(
      Type.Object({ tenantId: Uuid, tenant: Short, manages: Type.Boolean(), joinedAt: Timestamp }, closed),
    ),
    sessions: listOf(
      Type.Object(
        {
          id: Uuid,
          device: Short,
          address: Short,
          assurance: Type.Integer(),
          createdAt: Timestamp,
          authenticatedAt: Timestamp,
          usedAt: Timestamp,
          expiresAt: Timestamp,
          endedAt: Moment,
        },
        closed,
      ),
    ),
    devices: listOf(Type.Object({ knownSince: Timestamp, usedAt: Timestamp }, closed)),
    authenticatorApps: listOf(Type.Object({ addedAt: Moment, offeredAt: Moment }, closed)),
    passkeys: listOf(
      Type.Object(
        { name: Short, createdAt: Timestamp, usedAt: Moment, backedUp: Type.Boolean(), transports: Short },
        closed,
      ),
    ),
    recoveryCodes: listOf(Type.Object({ createdAt: Timestamp, usedAt: Moment }, closed)),
    signInElsewhere: listOf(
      Type.Object({ provider: Short, subject: Short, linkedAt: Timestamp, usedAt: Moment }, closed),
    ),
    unfinishedSignIns: listOf(
      Type.Object({ method: Short, createdAt: Timestamp, expiresAt: Timestamp, usedAt: Moment }, closed),
    ),
    mailLinks: listOf(
      Type.Object({ purpose: Short, email: Short, createdAt: Timestamp, expiresAt: Timestamp, usedAt: Moment }, closed),
    ),
    factorResets: listOf(Type.Object({ startedAt: Timestamp, effectiveAt: Timestamp }, closed)),
    events: listOf(
      Type.Object(
        {
          at: Timestamp,
          name: Short,
          result: Short,
          byThemselves: Type.Boolean(),
          object: Type.Union([Short, Type.Null()]),
          address: Type.Union([Short, Type.Null()]),
          /** JSON. */
          fields: Type.Union([Type.String({ maxLength: 1_000_000 }), Type.Null()]),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type KeptAbout = Static<typeof KeptAbout>

/** The tables each part is read from; a test compares them with those that name an account. */
export const SOURCES: Readonly<Record<keyof KeptAbout, { readonly table: string; readonly sql: string }>> = {
  account: {
    table: 'holdfast.account',
    sql: `select id, email::text, name::text, created_at as "createdAt", email_verified_at as "emailVerifiedAt", disabled_at as "disabledAt"
      from holdfast.account where id = $1::uuid`,
  },
  passwords: {
    table: 'holdfast.password',
    sql: `select changed_at as "changedAt" from holdfast.password where account_id = $1::uuid`,
  },
  roles: {
    table: 'holdfast.account_role',
    sql: `select role::text, granted_at as "grantedAt" from holdfast.account_role where account_id = $1::uuid order by role limit ${MOST}`,
  },
  memberships: {
    table: 'holdfast.tenant_member',
    sql: `select m.tenant_id as "tenantId", t.name::text as tenant, m.manages, m.joined_at as "joinedAt"
      from holdfast.tenant_member m join holdfast.tenant t on t.id = m.tenant_id
      where m.account_id = $1::uuid order by m.joined_at desc limit ${MOST}`,
  },
  sessions: {
    table: 'holdfast.session',
    sql: `select id, device::text, address::text, assurance::int4, created_at as "createdAt", authenticated_at as "authenticatedAt",
      used_at as "usedAt", expires_at as "expiresAt", ended_at as "endedAt"
      from holdfast.session where account_id = $1::uuid order by created_at desc limit ${MOST}`,
  },
  devices: {
    table: 'holdfast.known_device',
    sql: `select created_at as "knownSince", used_at as "usedAt" from holdfast.known_device
      where account_id = $1::uuid order by created_at desc limit ${MOST}`,
  },
  authenticatorApps: {
    table: 'holdfast.totp',
    sql: `select confirmed_at as "addedAt", offered_at as "offeredAt" from holdfast.totp where account_id = $1::uuid`,
  },
  passkeys: {
    table: 'holdfast.passkey',
    sql: `select kind::text, name::text, created_at as "createdAt", used_at as "usedAt", backed_up as "backedUp",
      array_to_string(transports, ', ') as transports
      from holdfast.passkey where account_id = $1::uuid order by created_at desc limit ${MOST}`,
  },
  recoveryCodes: {
    table: 'holdfast.recovery_code',
    sql: `select created_at as "createdAt", used_at as "usedAt" from holdfast.recovery_code
      where account_id = $1::uuid order by created_at desc limit ${MOST}`,
  },
  signInElsewhere: {
    table: 'holdfast.openid_identity',
    sql: `select provider::text, subject::text, linked_at as "linkedAt", used_at as "usedAt" from holdfast.openid_identity
      where account_id = $1::uuid order by linked_at desc limit ${MOST}`,
  },
  unfinishedSignIns: {
    table: 'holdfast.pending_sign_in',
    sql: `select method::text, created_at as "createdAt", expires_at as "expiresAt", used_at as "usedAt" from holdfast.pending_sign_in
      where account_id = $1::uuid order by created_at desc limit ${MOST}`,
  },
  mailLinks: {
    table: 'holdfast.mail_link',
    sql: `select purpose::text, email::text, created_at as "createdAt", expires_at as "expiresAt", used_at as "usedAt" from holdfast.mail_link
      where account_id = $1::uuid or email = (select email from holdfast.account where id = $1::uuid)
      order by created_at desc limit ${MOST}`,
  },
  factorResets: {
    table: 'holdfast.factor_reset',
    sql: `select started_at as "startedAt", effective_at as "effectiveAt" from holdfast.factor_reset where account_id = $1::uuid`,
  },
  events: {
    table: 'holdfast.event_staging',
    // Of the transaction's identity, which is the person's.
    sql: `select at, name::text, result::text, by_themselves as "byThemselves", object::text, address::text, fields
      from holdfast.own_events() where $1::uuid is not null`,
  },
}

/**
 * All that the built-in tables keep about somebody, read in one transaction under their identity.
 *
 * @throws Refusal `not-found` where there is no such account.
 */
export async function keptAbout(accounts: Database<HoldfastTables>, accountId: string): Promise<KeptAbout> {
  const names = Object.keys(SOURCES) as readonly (keyof KeptAbout)[]
  const results = await accounts.batch(
    { accountId, tenantId: null, scope: 'own' },
    names.map((name) => ({ sql: SOURCES[name].sql, parameters: [accountId] })),
  )
  const { account, ...lists } = Object.fromEntries(
    names.map((name, index) => [name, (results[index]?.rows ?? []).map(asWritten)]),
  )
  if (account?.[0] === undefined) throw new Refusal('not-found')
  return { account: account[0], ...lists } as unknown as KeptAbout
}

/** Moments as the export writes them. */
const asWritten = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  )

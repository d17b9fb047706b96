import { type Assurance, NOBODY } from '../../../kernel/principal.ts'
import type { Moment } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { SessionTimes } from './lifetime.ts'
import type { Use } from './uses.ts'

/** A row of `holdfast.session` with what its account may do at this moment. */
export interface SessionRecord extends SessionTimes {
  readonly id: string
  readonly accountId: string
  /** `null` also where the account is no longer a member of it. */
  readonly tenantId: string | null
  readonly endedBy: string | null
  /** The account's roles changed: the token is to be replaced. */
  readonly renewalDue: boolean
  /** The account is out of use. */
  readonly disabled: boolean
  /** Has an app or a passkey. */
  readonly secondFactor: boolean
  readonly roles: readonly string[]
}

export type Accounts = Database<HoldfastTables>

/**
 * Loads the sessions of token hashes in one query.
 *
 * @param keys - hashes as base64url.
 * @returns by key; those that have no row are missing.
 */
export async function loadSessions(
  accounts: Accounts,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SessionRecord>> {
  const hashes = keys.map((key) => Buffer.from(key, 'base64url').toString('hex')).join(',')
  const [result] = await accounts.batch(NOBODY, [{ sql: LOAD, parameters: [hashes] }])
  const found = new Map<string, SessionRecord>()
  for (const row of result?.rows ?? []) {
    found.set(Buffer.from(text(row.hash), 'hex').toString('base64url'), {
      id: text(row.id),
      accountId: text(row.account_id),
      tenantId: row.tenant_id === null ? null : text(row.tenant_id),
      assurance: assurance(row.assurance),
      authenticatedAt: moment(row.authenticated_at),
      usedAt: moment(row.used_at),
      expiresAt: moment(row.expires_at),
      endedBy: row.ended_by === null ? null : text(row.ended_by),
      renewalDue: text(row.renewal_due) === 'yes',
      disabled: text(row.disabled) === 'yes',
      secondFactor: text(row.second_factor) === 'yes',
      // No role's name has a comma in it: the domain holdfast.role_name says so.
      roles: text(row.roles).split(',').filter(Boolean),
    })
  }
  return found
}

/** Writes back the last use of sessions. The assurance only falls here; it rises with a new session. */
export async function writeUses(accounts: Accounts, uses: readonly Use[]): Promise<void> {
  const rows = uses.map((use) => ({
    id: use.sessionId,
    at: use.usedAt,
    assurance: use.assurance,
    // What the columns hold: one long field must not keep the others' uses from being written.
    address: use.address.slice(0, MAX_ADDRESS),
    device: use.device.slice(0, MAX_DEVICE),
  }))
  await accounts.batch(NOBODY, [{ sql: WRITE_USES, parameters: [JSON.stringify(rows)] }])
}

export interface ExpiredSession {
  readonly id: string
  readonly accountId: string
  readonly tenantId: string | null
  readonly reason: 'idle' | 'age'
}

export interface ExpiryBounds {
  readonly now: Moment
  /** Sessions of anybody unused since then are over. */
  readonly ordinaryIdle: Moment
  /** Sessions of the privileged roles unused since then are over. */
  readonly privilegedIdle: Moment
  readonly privilegedRoles: readonly string[]
}

/** Marks up to `SWEEP_LIMIT` sessions that are over as ended. Several nodes may do it at once. */
export async function expireSessions(accounts: Accounts, bounds: ExpiryBounds): Promise<readonly ExpiredSession[]> {
  const parameters = [bounds.now, bounds.ordinaryIdle, bounds.privilegedIdle, bounds.privilegedRoles.join(',')]
  const [result] = await accounts.batch(NOBODY, [{ sql: EXPIRE, parameters }])
  return (result?.rows ?? []).map((row) => ({
    id: text(row.id),
    accountId: text(row.account_id),
    tenantId: row.tenant_id === null ? null : text(row.tenant_id),
    reason: text(row.reason) === 'age' ? 'age' : 'idle',
  }))
}

/** Marks one session as ended by expiry. Returns whether it was not yet. */
export async function expireSession(accounts: Accounts, sessionId: string, now: Moment): Promise<boolean> {
  const [result] = await accounts.batch(NOBODY, [{ sql: EXPIRE_ONE, parameters: [sessionId, now] }])
  return (result?.rows.length ?? 0) > 0
}

/** Characters that the columns `address` and `device` hold. */
export const MAX_ADDRESS = 45
export const MAX_DEVICE = 200

/** How many sessions one sweep ends. */
export const SWEEP_LIMIT = 500

const EPOCH = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const AT = (parameter: string): string => `to_timestamp(${parameter}::float8 / 1000)`

// Hashes come as one text, since arrays of bytes pass drivers in several ways; each is looked up in the unique index.
const LOAD = `
select encode(s.token_hash, 'hex') as hash, s.id::text as id, s.account_id::text as account_id,
  (select m.tenant_id::text from holdfast.tenant_member m
    where m.tenant_id = s.tenant_id and m.account_id = s.account_id) as tenant_id,
  s.assurance::int4 as assurance, ${EPOCH('s.authenticated_at')} as authenticated_at, ${EPOCH('s.used_at')} as used_at,
  ${EPOCH('s.expires_at')} as expires_at, s.ended_by::text as ended_by,
  case when s.renewal_due then 'yes' else 'no' end as renewal_due,
  case when a.disabled_at is null then 'no' else 'yes' end as disabled,
  case when exists (select from holdfast.totp t where t.account_id = a.id and t.confirmed_at is not null)
    or exists (select from holdfast.passkey p where p.account_id = a.id) then 'yes' else 'no' end as second_factor,
  coalesce((select string_agg(r.role::text, ',' order by r.role::text)
    from holdfast.account_role r where r.account_id = a.id), '') as roles
from unnest(string_to_array($1::text, ',')) as wanted(hash)
join holdfast.session s on s.token_hash = decode(wanted.hash, 'hex')
join holdfast.account a on a.id = s.account_id`

// What another node, or a sign-out, has in hand just now is passed over: waiting for it, two of these could wait for each other.
const WRITE_USES = `
with used as (
  select * from jsonb_to_recordset($1::text::jsonb) as given(id uuid, at float8, assurance smallint, address text, device text)
), free as (
  select live.id from holdfast.session live join used on used.id = live.id
  where live.ended_at is null for update of live skip locked
)
update holdfast.session s
set used_at = greatest(s.used_at, ${AT('used.at')}), assurance = least(s.assurance, used.assurance),
  address = used.address, device = used.device
from used join free on free.id = used.id
where s.id = used.id`

const EXPIRE = `
update holdfast.session s set ended_at = ${AT('$1')}, ended_by = 'expiry'
from (
  select live.id, live.expires_at <= ${AT('$1')} as aged from holdfast.session live
  where live.ended_at is null and (
    live.expires_at <= ${AT('$1')}
    or live.used_at <= ${AT('$2')}
    or (live.used_at <= ${AT('$3')} and exists (
      select from holdfast.account_role r
      where r.account_id = live.account_id and r.role = any(string_to_array($4::text, ',')))))
  order by live.expires_at limit ${SWEEP_LIMIT} for update skip locked
) over
where s.id = over.id
returning s.id::text as id, s.account_id::text as account_id, s.tenant_id::text as tenant_id,
  case when over.aged then 'age' else 'idle' end as reason`

const EXPIRE_ONE = `
update holdfast.session set ended_at = ${AT('$2')}, ended_by = 'expiry'
where id = $1::uuid and ended_at is null returning id::text as id`

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a session row lacks a text')
  return value
}

function moment(value: unknown): Moment {
  const milliseconds = Number(value)
  if (value === null || !Number.isFinite(milliseconds)) throw new TypeError('a session row lacks a moment')
  return Math.round(milliseconds)
}

function assurance(value: unknown): Assurance {
  const level = Number(value)
  if (level === 1 || level === 2 || level === 3) return level
  throw new TypeError('a session row has no known assurance')
}

import type { Identity } from '../../kernel/principal.ts'

/**
 * The one text row-level security is told: `account|tenant|scope`, empty where there is none. Nothing but two UUIDs and
 * one of three words can come out, so the functions of the database can split it blindly.
 *
 * @throws TypeError for anything else: an identity is made by our own code, so a wrong one is our mistake.
 */
export function identityText({ accountId, tenantId, scope }: Identity): string {
  if (accountId !== null && !isUuid(accountId)) throw new TypeError('identity: the account is no UUID')
  if (tenantId !== null && !isUuid(tenantId)) throw new TypeError('identity: the tenant is no UUID')
  if (scope !== 'own' && scope !== 'tenant' && scope !== 'all') throw new TypeError('identity: no such scope')
  return `${accountId ?? ''}|${tenantId ?? ''}|${scope}`
}

/** Any version, as PostgreSQL prints them; upper case is accepted as PostgreSQL does. */
export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value)

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

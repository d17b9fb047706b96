import { randomUUID } from 'node:crypto'
import { Secret } from '../../kernel/secret.ts'
import type { DatabaseConnection, TwinIdentity } from '../../kernel/vantage.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import type { Hasher } from '../../platform/hasher/index.ts'
import { generatePassword } from '../../platform/postgres/index.ts'

/**
 * Makes the people a twin knows: two of each role in tenant A and one in tenant B, each with a password of their own.
 * Written as the administrator, since most of these roles can't be had by signing up.
 */
export async function createIdentities(
  definition: BackendDefinition,
  admin: DatabaseConnection,
  hasher: Hasher,
): Promise<readonly TwinIdentity[]> {
  const tenants = { A: randomUUID(), B: randomUUID() }
  for (const [name, id] of Object.entries(tenants)) {
    await admin.query('insert into holdfast.tenant (id, name, created_at) values ($1, $2, now())', [
      id,
      `Tenant ${name}`,
    ])
  }
  const wanted = Object.keys(definition.roles).flatMap((role) =>
    PLACES.map(([tenant, number]) => ({ role, tenant, number, name: `${role}-${tenant.toLowerCase()}${number}` })),
  )
  return Promise.all(
    wanted.map(async ({ role, tenant, name }) => {
      const identity: TwinIdentity = {
        name,
        accountId: randomUUID(),
        email: `${name}@twin.example`,
        password: generatePassword().release(),
        role,
        tenant,
        tenantId: tenants[tenant],
      }
      const { phc, pepperVersion } = await hasher.hash(new Secret(identity.password))
      await admin.query(INSERT, [
        identity.accountId,
        identity.email,
        `Person ${name}`,
        phc,
        pepperVersion,
        identity.tenantId,
        role,
      ])
      return identity
    }),
  )
}

const PLACES: readonly (readonly ['A' | 'B', 1 | 2])[] = [
  ['A', 1],
  ['A', 2],
  ['B', 1],
]

const INSERT = `
with account as (
  insert into holdfast.account (id, email, name, created_at) values ($1, $2, $3, now()) returning id
), password as (
  insert into holdfast.password (account_id, hash, pepper_version, changed_at) select id, $4, $5, now() from account
), membership as (
  insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at) select $6, id, false, now() from account
)
insert into holdfast.account_role (account_id, role, granted_at) select id, $7, now() from account`

import { randomUUID } from 'node:crypto'
import { Secret } from '../../kernel/secret.ts'
import type { DatabaseConnection, TwinIdentity } from '../../kernel/vantage.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import type { Hasher } from '../../platform/hasher/index.ts'
import { generatePassword } from '../../platform/postgres/index.ts'
import { declaredSecondFactor } from '../declared-permissions.ts'
import { makeSoftwarePasskey, newCredentialId } from './software-passkey.ts'

/**
 * Makes the people a twin knows: two of each role in tenant A and one in tenant B, each with a password of their own, and with
 * a passkey where the role is of no effect without a second factor. Written as the administrator, since most of these roles
 * can't be had by signing up.
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
  const made = await Promise.all(
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
      return { identity, hash: await hasher.hash(new Secret(identity.password)) }
    }),
  )
  const people: TwinIdentity[] = []
  for (const { identity, hash } of made) {
    const { accountId, email, name, tenantId, role } = identity
    await admin.query(INSERT, [accountId, email, `Person ${name}`, hash.phc, hash.pepperVersion, tenantId, role])
    if (!declaredSecondFactor(definition, role)) {
      people.push(identity)
      continue
    }
    const { publicKey, ...passkey } = makeSoftwarePasskey()
    await admin.query(INSERT_PASSKEY, [
      randomUUID(),
      accountId,
      Buffer.from(passkey.credentialId, 'base64url'),
      publicKey,
    ])
    people.push({ ...identity, passkey })
  }
  return people
}

/**
 * The same people again, in tenants of their own: so that what one claim does to its people (a changed password, an ended
 * session, a lost role) is nothing to the claims beside it. Names, roles, passwords and the keys of passkeys stay; what is
 * stored of them is copied, since making it is what takes time.
 *
 * @param serial - not given before, for addresses of their own.
 */
export async function cloneIdentities(
  identities: readonly TwinIdentity[],
  admin: DatabaseConnection,
  serial: number,
): Promise<readonly TwinIdentity[]> {
  const tenants = { A: randomUUID(), B: randomUUID() }
  const clones = identities.map((identity) => ({
    ...identity,
    accountId: randomUUID(),
    email: `${identity.name}.${serial}@twin.example`,
    tenantId: tenants[identity.tenant],
    ...(identity.passkey === undefined ? {} : { passkey: { ...identity.passkey, credentialId: newCredentialId() } }),
  }))
  await admin.query(CLONE, [
    [tenants.A, tenants.B],
    [`Tenant A ${serial}`, `Tenant B ${serial}`],
    identities.map((identity) => identity.accountId),
    clones.map((clone) => clone.accountId),
    clones.map((clone) => clone.email),
    clones.map((clone) => `Person ${clone.name}`),
    clones.map((clone) => clone.tenantId),
    clones.map((clone) => clone.role),
    clones.map((clone) =>
      clone.passkey === undefined ? null : Buffer.from(clone.passkey.credentialId, 'base64url').toString('hex'),
    ),
  ])
  return clones
}

/** Whether it is of no effect before a second factor is proved. */
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

const INSERT_PASSKEY = `
insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
values ($1, $2, $3, $4, 0, '{internal}', false, 'Software', now())`

const CLONE = `
with tenant as (
  insert into holdfast.tenant (id, name, created_at)
  select id, name, now() from unnest($1::uuid[], $2::text[]) as given (id, name)
), person as (
  select * from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[])
    as given (original, id, email, name, tenant_id, role, credential_id)
), account as (
  insert into holdfast.account (id, email, name, created_at) select id, email, name, now() from person
), password as (
  insert into holdfast.password (account_id, hash, pepper_version, changed_at)
  select person.id, known.hash, known.pepper_version, now()
  from person join holdfast.password known on known.account_id = person.original
), passkey as (
  insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
  select gen_random_uuid(), person.id, decode(person.credential_id, 'hex'), known.public_key, 0, known.transports, false, known.name, now()
  from person join holdfast.passkey known on known.account_id = person.original
  where person.credential_id is not null
), membership as (
  insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at) select tenant_id, id, false, now() from person
)
insert into holdfast.account_role (account_id, role, granted_at) select id, role, now() from person`

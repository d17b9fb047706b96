import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { Secret } from '../../../kernel/secret.ts'
import type { DatabaseRole, TwinIdentity } from '../../../kernel/vantage.ts'
import type { Database } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import { openSession, type Session } from '../../../platform/database/open-session.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import { type Hasher, spawnHasher } from '../../../platform/hasher/index.ts'
import { generatePassword, scramVerifier, startScratchCluster } from '../../../platform/postgres/index.ts'
import { createStrongAuthentication } from './control.ts'
import type { StrongAuthentication, StrongAuthenticationOptions } from './strong-authentication.ts'

/** A real cluster with Holdfast's tables, a real hasher, and the control on both. */
export interface Fixture {
  readonly admin: Session
  readonly accounts: Database<HoldfastTables>
  readonly hasher: Hasher
  /** Made before everybody else. */
  readonly administrator: TwinIdentity
  /** What was reported and staged, oldest first. */
  readonly events: SecurityEvent[]
  create(options?: Partial<StrongAuthenticationOptions>): StrongAuthentication
  /** An account, past all rules: `password` may be anything. */
  person(password: string, email?: string): Promise<{ readonly id: string; readonly email: string }>
  as(role: DatabaseRole): Promise<Session>
  stop(): Promise<void>
}

export async function startFixture(): Promise<Fixture> {
  const [cluster, hashing] = await Promise.all([
    startScratchCluster(),
    spawnHasher({ pepper: [{ version: 1, key: new Secret(randomBytes(32)) }] }),
  ])
  const admin = await openSession({ connection: cluster.admin, application: 'test' })
  const password = generatePassword()
  for (const role of ROLES) await admin.query(`create role t_${role} login password '${scramVerifier(password)}'`)
  for (const name of MIGRATIONS) {
    const migration = await readFile(new URL(`../../../../migrations/${name}.sql`, import.meta.url), 'utf8')
    await admin.script(migration.replace(/(?<!:):(owner|runtime|accounts|readonly|backup|auditor)\b/g, 't_$1'))
  }

  const connection = (role: DatabaseRole) => cluster.connection('postgres', `t_${role}`, password)
  const accounts = await openDatabase<HoldfastTables>({
    connection: connection('accounts'),
    application: 'test',
    lanes: 1,
    transactions: 4,
  })
  const hasher = hashing.hasher()
  const events: SecurityEvent[] = []
  const person: Fixture['person'] = async (text, email = `${randomUUID()}@example.test`) => {
    const id = randomUUID()
    const { phc, pepperVersion } = await hasher.hash(new Secret(text))
    await admin.query('insert into holdfast.account (id, email, name, created_at) values ($1, $2, $3, now())', [
      id,
      email,
      'Somebody',
    ])
    await admin.query(
      'insert into holdfast.password (account_id, hash, pepper_version, changed_at) values ($1, $2, $3, now())',
      [id, phc, pepperVersion],
    )
    return { id, email }
  }
  const secret = 'violet harbour staircase'
  const { id, email } = await person(secret)
  return {
    administrator: {
      name: 'admin-a1',
      accountId: id,
      email,
      password: secret,
      role: 'admin',
      tenant: 'A',
      tenantId: randomUUID(),
    },
    admin,
    accounts,
    hasher,
    events,
    create: (options = {}) =>
      createStrongAuthentication({
        accounts,
        hasher,
        clock: { now: () => Date.now() },
        events: { stage: async (_tx, event) => void events.push(event), report: (event) => void events.push(event) },
        serviceName: 'Harbour Notes',
        title: 'Harbour Notes',
        random: randomBytes,
        sealer: {
          index: (kind, value) => createHmac('sha256', kind).update(value).digest(),
          seal: (plaintext) => Buffer.from(plaintext),
          open: (sealed) => Buffer.from(sealed),
        },
        publicOrigins: ['https://localhost:1'],
        ...options,
      }),
    person,
    as: (role) => openSession({ connection: connection(role), application: 'test' }),
    async stop() {
      await accounts.close()
      await admin.close()
      await Promise.all([cluster.stop(), hashing.stop()])
    },
  }
}

const ROLES: readonly DatabaseRole[] = ['owner', 'runtime', 'accounts', 'readonly', 'backup', 'auditor']
const MIGRATIONS = ['0001_holdfast', '0004_authentication', '0007_password_alone']

import { randomBytes, randomUUID } from 'node:crypto'
import type { SecurityEvent } from '../../../kernel/event.ts'
import type { Scope } from '../../../kernel/principal.ts'
import { Secret } from '../../../kernel/secret.ts'
import { type Clock, type Seconds, systemClock } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import type { Session } from '../../../platform/database/open-session.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import { createSealer } from '../../../platform/keys/index.ts'
import { startDatabase } from '../session-management/two-nodes.fixture.ts'
import { createMultiFactor, type MultiFactorOptions } from './control.ts'
import type { MultiFactor } from './multi-factor.ts'

/** A real cluster with Holdfast's tables, and the control on it. */
export interface Fixture {
  readonly admin: Session
  readonly accounts: Database<HoldfastTables>
  /** What was reported and staged, oldest first. */
  readonly events: SecurityEvent[]
  readonly clock: Clock & { advance(by: Seconds): void }
  create(options?: Partial<MultiFactorOptions>): MultiFactor
  /** An account with these roles. */
  person(...roles: readonly string[]): Promise<string>
  stop(): Promise<void>
}

export async function startFixture(): Promise<Fixture> {
  const database = await startDatabase()
  const accounts = await openDatabase<HoldfastTables>({
    connection: database.accounts,
    application: 'test',
    lanes: 1,
    transactions: 4,
  })
  const events: SecurityEvent[] = []
  let offset = 0
  const clock = {
    now: () => systemClock.now() + offset,
    advance: (by: Seconds) => {
      offset += by * 1000
    },
  }
  const sealer = createSealer(oneKey(randomBytes(32)), randomBytes)
  await database.admin.query(
    "insert into holdfast.role (name, origin, grants, inherits) select name, 'declared', '{}', '{}' from unnest($1::text[]) as name",
    [['owner', 'admin', 'auditor', 'member']],
  )
  return {
    admin: database.admin,
    accounts,
    events,
    clock,
    create: (options) =>
      createMultiFactor({
        accounts,
        sealer,
        clock,
        random: randomBytes,
        events: { stage: async (_tx, event) => void events.push(event), report: (event) => void events.push(event) },
        serviceName: 'Harbour',
        lineageOf: (roles) => new Set(roles),
        permissionsOf: () => new Map<string, Scope>(),
        ...options,
      }),
    async person(...roles) {
      const id = randomUUID()
      await database.admin.query(
        "insert into holdfast.account (id, email, name, created_at) values ($1, $2, 'Somebody', now())",
        [id, `${id}@example.test`],
      )
      await database.admin.query(
        "insert into holdfast.password (account_id, hash, pepper_version, changed_at) values ($1, '$argon2id$v=19$', 1, now())",
        [id],
      )
      for (const role of roles)
        await database.admin.query(
          'insert into holdfast.account_role (account_id, role, granted_at) values ($1, $2, now())',
          [id, role],
        )
      return id
    },
    async stop() {
      await accounts.close()
      await database.stop()
    },
  }
}

function oneKey(bytes: Buffer): Parameters<typeof createSealer>[0] {
  const key = { version: 1, key: new Secret(bytes) } as ReturnType<Parameters<typeof createSealer>[0]['current']>
  return { current: () => key, version: () => key, all: () => [key] }
}

/** The 20 bytes of a secret as it is typed. */
export function unbase32(text: string): Buffer {
  let bits = 0n
  for (const character of text) bits = (bits << 5n) | BigInt('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character))
  return Buffer.from(bits.toString(16).padStart(40, '0'), 'hex')
}

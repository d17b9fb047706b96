import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Seconds } from '../../../kernel/time.ts'
import type { Database } from '../../../platform/database/database.ts'
import { openDatabase } from '../../../platform/database/open-database.ts'
import { openSession, type Session } from '../../../platform/database/open-session.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import { generatePassword, scramVerifier, startScratchCluster } from '../../../platform/postgres/index.ts'
import { createGuessing, type GuessingControl } from './control.ts'
import type { Attempt } from './guessing.ts'

/** Nodes that count in one database, under a clock that is moved by hand. */
export interface CountingRig {
  readonly admin: Session
  readonly events: SecurityEvent[]
  /** A node of its own: what it knows beside the database begins with it. */
  node(): Promise<GuessingControl>
  advance(by: Seconds): void
  now(): number
  person(): Promise<{ readonly id: string; readonly email: string }>
  stop(): Promise<void>
}

export async function startRig(): Promise<CountingRig> {
  const cluster = await startScratchCluster()
  const admin = await openSession({ connection: cluster.admin, application: 'test admin' })
  const password = generatePassword()
  for (const role of ROLES) await admin.script(`create role t_${role} login password '${scramVerifier(password)}'`)
  const folder = new URL('../../../../migrations/', import.meta.url)
  for (const file of (await readdir(folder)).sort()) {
    const text = await readFile(new URL(file, folder), 'utf8')
    await admin.script(text.replace(ROLE_NAMES, 't_$1'))
  }
  const opened: Database<HoldfastTables>[] = []
  const events: SecurityEvent[] = []
  const key = randomBytes(32)
  let offset = 0
  const now = (): number => Date.now() + offset
  return {
    admin,
    events,
    now,
    async node() {
      const connection = cluster.connection('postgres', 't_accounts', password)
      const accounts = await openDatabase<HoldfastTables>({ connection, application: 'test', lanes: 2 })
      opened.push(accounts)
      return createGuessing({
        accounts,
        sealer: { index: (kind, value) => createHmac('sha256', key).update(`${kind}\0${value}`).digest() },
        clock: { now },
        random: randomBytes,
        events: { report: (event) => void events.push(event) },
      })
    },
    advance(by) {
      offset += by * 1000
    },
    async person() {
      const id = randomUUID()
      const email = `${id}@example.test`
      await admin.query(
        "insert into holdfast.account (id, email, name, created_at) values ($1, $2, 'Somebody', now())",
        [id, email],
      )
      return { id, email }
    },
    async stop() {
      for (const database of opened) await database.close()
      await admin.close()
      await cluster.stop()
    },
  }
}

/** A try from an address that nothing was tried from. */
export const attempt = (over: Partial<Attempt> = {}): Attempt => ({
  flow: 'sign-in',
  subject: `${randomUUID()}@example.test`,
  address: strange(),
  device: undefined,
  challenge: undefined,
  requestId: 'test',
  ...over,
})

/** An address in a network of the documentation's that nobody tried from. */
export const strange = (): string => `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`

/** The token that somebody's browser has after they signed in. */
export async function knownDevice(node: GuessingControl, accountId: string, presented?: string): Promise<string> {
  const headers = await node.remember(accountId, presented)
  return /^__Host-device=([^;]+);/.exec(String(headers['set-cookie']))?.[1] ?? ''
}

/** `admitted`, `locked`, `wait 4`, `challenge`: what a try is told. Where it is let through, it stays reserved: it has failed. */
export async function guess(node: GuessingControl, over: Partial<Attempt>): Promise<string> {
  try {
    const admitted = await node.admit(attempt(over))
    return admitted.locked ? 'locked' : 'admitted'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code === 'challenge-required') return 'challenge'
    if (error.code === 'too-many-attempts') return `wait ${error.options.retryAfterSeconds}`
    throw error
  }
}

const ROLES = ['owner', 'runtime', 'accounts', 'readonly', 'backup', 'auditor', 'jobs']
const ROLE_NAMES = new RegExp(`(?<!:):(${ROLES.join('|')})\\b`, 'g')

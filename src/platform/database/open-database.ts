import { setTimeout as sleep } from 'node:timers/promises'
import { type Identity, NOBODY } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import { ColumnTypes } from './column-types.ts'
import type { Database, DatabaseOptions, StatementResult } from './database.ts'
import { toRefusal, unavailable } from './errors.ts'
import { identityText } from './identity.ts'
import { kyselyOver, transactionOver, wireStatement } from './kysely.ts'
import { Lanes } from './lanes.ts'
import { TransactionPool } from './transaction-pool.ts'
import { type OwnStatement, Unit, type WireStatement } from './unit.ts'

/**
 * Opens one role's way to the database.
 *
 * @throws Refusal `database-unavailable` when it can not be reached now. Later it comes back by itself, and until then
 * everything is refused at once.
 */
export async function openDatabase<DB>(options: DatabaseOptions): Promise<Database<DB>> {
  const { connection, application } = options
  const statementTimeout = whole('statementTimeout', options.statementTimeout ?? 5_000)
  const queue = whole('queue', options.queue ?? 2_000)
  const types = new ColumnTypes()
  const { connectTimeout } = options
  const patience = whole('connectTimeout', connectTimeout ?? statementTimeout)
  const base = { connection, application, statementTimeout, connectTimeout, patience, queue, types }
  const lanes = new Lanes({ ...base, lanes: whole('lanes', options.lanes ?? 3) })
  const pool = new TransactionPool({ ...base, limit: whole('transactions', options.transactions ?? 6) })
  try {
    await lanes.open()
  } catch (error) {
    await lanes.close(true)
    throw error
  }
  let closing: Promise<void> | null = null

  const send = (identity: string, statements: readonly WireStatement[]): Promise<StatementResult[]> =>
    new Promise((resolve, reject) => {
      if (closing !== null) return reject(new Refusal('shutting-down'))
      lanes.send(new Unit(IDENTITY, identity, statements, resolve, reject))
    })

  const drain = async (): Promise<void> => {
    const latest = performance.now() + statementTimeout
    while (!(lanes.idle && pool.idle) && performance.now() < latest) await sleep(10)
    const late = !(lanes.idle && pool.idle)
    pool.refuse(new Refusal('shutting-down'))
    await Promise.all([lanes.close(late), pool.close(late)])
  }

  return {
    as(identity: Identity) {
      const text = identityText(identity)
      return kyselyOver<DB>((statement) => send(text, [statement]))
    },

    async transaction(identity, work) {
      const text = identityText(identity)
      if (closing !== null) throw new Refusal('shutting-down')
      if (!lanes.up) throw unavailable(lanes.cause)
      return pool.run(text, (open) => work(transactionOver<DB>((statement) => open.run([statement]))))
    },

    async batch(identity, statements) {
      if (statements.length === 0) return []
      try {
        return await send(identityText(identity), statements.map(wireStatement))
      } catch (error) {
        throw toRefusal(error)
      }
    },

    async healthy(timeout = 1_000) {
      const answer = send(identityText(NOBODY), [{ sql: 'select 1', values: [] }]).then(
        () => true,
        () => false,
      )
      const limit = new AbortController()
      const late = sleep(timeout, false, { signal: limit.signal }).catch(() => false)
      return Promise.race([answer, late]).finally(() => limit.abort())
    },

    close() {
      closing ??= drain()
      return closing
    },
  }
}

function whole(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name}: a whole number from 1 on`)
  return value
}

const IDENTITY: readonly OwnStatement[] = ['identity']

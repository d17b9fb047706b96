import type { Db } from 'pg-boss'
import { openChannel } from '../database/channel.ts'
import type { Connection } from '../database/database.ts'
import { openSession, type Session } from '../database/open-session.ts'

/** pg-boss's way to the database, over our own connections: SCRAM, verified certificates, no variable of the environment. */
export interface SessionPool extends Db {
  close(): Promise<void>
}

/**
 * A few sessions, opened as they are needed. One that a statement failed on is closed: what was left half done in it must not
 * meet the next.
 */
export function openSessionPool(connection: Connection, application: string, most: number): SessionPool {
  const idle: Session[] = []
  const waiting: (() => void)[] = []
  let busy = 0
  let closed = false
  const turn = async (): Promise<void> => {
    if (busy < most) busy++
    // Bounded by the work that pg-boss does at a time: a fetch and a few ends of jobs a queue.
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const done = (): void => {
    const next = waiting.shift()
    if (next === undefined) busy--
    else next()
  }
  return {
    async executeSql(text, values) {
      await turn()
      let session: Session | undefined
      try {
        if (closed) throw new Error('the queue is closed')
        session = idle.pop() ?? (await openSession({ connection, application, statementTimeout: STATEMENT_TIMEOUT_MS }))
        const { rows } = await session.query(text, values ?? [])
        if (closed) await session.close()
        else idle.push(session)
        return { rows: rows as unknown[] }
      } catch (error) {
        session?.close().catch(() => undefined)
        throw error
      } finally {
        done()
      }
    },
    async listen(channel, onNotification, onReconnect) {
      const listening = openChannel({
        connection,
        application,
        channel,
        beatMs: LISTEN_BEAT_MS,
        onPayload: onNotification,
        onUp: onReconnect,
      })
      return { close: () => listening.close() }
    },
    async close() {
      closed = true
      await Promise.all(idle.splice(0).map((session) => session.close().catch(() => undefined)))
    },
  }
}

const STATEMENT_TIMEOUT_MS = 20_000
/** A mail that waits for the next poll instead of a notification is late, not lost: no need to ask as often as for sessions. */
const LISTEN_BEAT_MS = 5_000

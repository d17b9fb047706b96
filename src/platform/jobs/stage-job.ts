import type { Kysely } from 'kysely'
import { Refusal } from '../../kernel/refusal.ts'
import { type Seconds, seconds } from '../../kernel/time.ts'
import { runStatement } from '../database/run-statement.ts'
import { CHANNEL, type QueueRules } from './queues.ts'

/**
 * Puts a job into the queue in the caller's transaction: it is there when that commits, and the worker is told then. The caller's
 * role may insert and nothing else; row-level security says which queues it may fill.
 *
 * @param id - a UUID of the job.
 * @param after - not before this long.
 *
 * @throws Refusal `overloaded` where too many wait already.
 */
export async function stageJob(
  // biome-ignore lint/suspicious/noExplicitAny: any role's transaction that may insert into the queue
  tx: Kysely<any>,
  rules: QueueRules,
  id: string,
  data: Readonly<Record<string, unknown>>,
  after: Seconds = seconds(0),
): Promise<void> {
  await runStatement(tx, {
    sql: STAGE,
    parameters: [
      CHANNEL,
      rules.name,
      id,
      JSON.stringify(data),
      rules.retryLimit,
      rules.retryDelay,
      rules.longestRetryDelay,
      rules.expiresAfter,
      rules.deletedAfter,
      rules.keptFor,
      rules.deadLetter,
      rules.silence,
      after,
    ],
  }).catch((error: unknown) => {
    // The policy of the queue refuses nothing else that comes from here.
    if (error instanceof Refusal && error.code === 'permission-missing') throw new Refusal('overloaded')
    throw error
  })
}

// The notification is sent when the transaction commits, once however many jobs of a queue are in it.
const STAGE = `insert into holdfast_jobs.job (id, name, data, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds,
  deletion_seconds, keep_until, dead_letter, policy, heartbeat_seconds, start_after)
select $3::uuid, $2::text, $4::jsonb, $5::int, $6::int, true, $7::int, $8::int, $9::int,
  pg_catalog.now() + ($10::int + $13::int) * interval '1 second', $11::text, 'standard', $12::int,
  pg_catalog.now() + $13::int * interval '1 second' from pg_catalog.pg_notify($1::text, $2::text)`

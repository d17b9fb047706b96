import type { DatabaseConnection } from '../../kernel/vantage.ts'
import type { BackendDefinition } from '../declaration/definition.ts'
import { rulesOf } from './application-jobs.ts'

/**
 * Makes the queues of the declared jobs, or puts right how they treat them. One whose job is gone from the declaration stays, with
 * what is in it: nobody works there, and nobody can put anything in but an older release that still runs.
 *
 * @param owner - connected as the owner role.
 */
export async function writeDeclaredQueues(
  owner: DatabaseConnection,
  { jobs = [] }: Pick<BackendDefinition, 'jobs'>,
): Promise<void> {
  for (const job of jobs) {
    const rules = rulesOf(job)
    await owner.query(WRITE, [
      rules.name,
      rules.retryLimit,
      rules.retryDelay,
      rules.longestRetryDelay,
      rules.expiresAfter,
      rules.keptFor,
      rules.deletedAfter,
      rules.deadLetter,
      rules.silence,
    ])
  }
}

const WRITE = `
insert into holdfast_jobs.queue (name, policy, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds,
  retention_seconds, deletion_seconds, dead_letter, partition, table_name, notify, heartbeat_seconds)
values ($1, 'standard', $2, $3, true, $4, $5, $6, $7, $8, false, 'job_common', true, $9)
on conflict (name) do update set retry_limit = excluded.retry_limit, retry_delay = excluded.retry_delay,
  retry_delay_max = excluded.retry_delay_max, expire_seconds = excluded.expire_seconds,
  retention_seconds = excluded.retention_seconds, deletion_seconds = excluded.deletion_seconds`

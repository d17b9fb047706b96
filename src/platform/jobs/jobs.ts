import { type JobWithMetadata, PgBoss } from 'pg-boss'
import type { Moment } from '../../kernel/time.ts'
import type { Connection } from '../database/database.ts'
import { CHANNEL, type QueueRules, SCHEMA } from './queues.ts'
import { openSessionPool } from './session-pool.ts'

export interface JobsOptions {
  /** As the role `jobs`. */
  readonly connection: Connection
  readonly application: string
  /** Connections beside the one that listens. Default 2. */
  readonly connections?: number
  /** Ends what took too long, throws away what is old: one of several workers does it at a time. Default true. */
  readonly supervise?: boolean
  /** Told of what goes wrong in the queue itself; it goes on by itself. */
  readonly onError: (cause: unknown) => void
}

/** One job as its handler gets it. */
export interface Job {
  readonly id: string
  readonly data: unknown
  /** The queue it was given up in, of a dead letter. */
  readonly source: string | null
  /** Tries before this one. */
  readonly tries: number
  readonly triesLeft: number
  /** Aborted when its time is up or the worker stops. */
  readonly signal: AbortSignal
}

/** The way jobs are taken. A handler that throws is tried again; the last failure moves the job to its dead letters. */
export interface Jobs {
  /** @param atOnce - jobs that run at a time in this process. */
  work(queue: string, atOnce: number, handler: (job: Job) => Promise<void>): Promise<void>
  /** The first moment after `from` that an expression of cron names, in UTC. @throws where it is none. */
  next(cron: string, from: Moment): Moment
  /** Puts a job in that is due by its schedule, unless another worker has for that moment. */
  occur(rules: QueueRules, id: string, data: Readonly<Record<string, unknown>>, moment: Moment): Promise<void>
  /** Asks the database as the role `jobs`. */
  query(text: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Takes no more, and waits up to `timeoutMs` for what runs. */
  stop(timeoutMs?: number): Promise<void>
}

/** Opens the queue. It makes and changes no table; a schema of another version is refused. */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const pool = openSessionPool(options.connection, options.application, options.connections ?? 2)
  const boss = new PgBoss({
    db: pool,
    schema: SCHEMA,
    migrate: false,
    createSchema: false,
    supervise: options.supervise ?? true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    maintenanceIntervalSeconds: SUPERVISE_SECONDS,
    schedule: false,
    registerInstance: false,
    useListenNotify: true,
    persistQueueStats: false,
    persistWarnings: false,
    reindex: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  })
  boss.on('error', options.onError)
  try {
    await boss.start()
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined)
    await pool.close()
    throw error
  }
  return {
    async work(queue, atOnce, handler) {
      for (let n = 0; n < atOnce; n++) {
        const worker = await boss.work(queue, WORK, async (jobs: readonly JobWithMetadata<unknown>[]) => {
          for (const { id, data, retryCount, retryLimit, signal, sourceName } of jobs) {
            const triesLeft = retryLimit - retryCount
            await handler({ id, data, source: sourceName ?? null, tries: retryCount, triesLeft, signal }).finally(
              () => {
                // The next one is asked for at once: where one was, there may be more than were announced.
                boss.notifyWorker(worker)
              },
            )
          }
        })
      }
    },
    next(cron, from) {
      const [moment] = boss.previewSchedule(cron, { count: 1, from: new Date(from), tz: 'UTC' })
      if (moment === undefined) throw new TypeError(`${cron} names no moment`)
      return moment.getTime()
    },
    async occur(rules, id, data, moment) {
      await pool.executeSql(OCCUR, [
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
        new Date(moment).toISOString(),
      ])
    },
    query: async (text, values) => (await pool.executeSql(text, [...values])).rows,
    async stop(timeoutMs = 8_000) {
      await boss.stop({ graceful: true, timeout: timeoutMs }).catch(options.onError)
      await pool.close()
    },
  }
}

/** For what is tried again, and for what was announced while nobody listened. New jobs are announced. */
const POLL_SECONDS = 5
const WORK = {
  includeMetadata: true,
  pollingIntervalSeconds: POLL_SECONDS,
  notifyPollingIntervalSeconds: POLL_SECONDS,
} as const
/** How soon jobs of a worker that is gone are given to another, beside the time it may be silent. */
const SUPERVISE_SECONDS = 10

// `job_i4` of pg-boss lets one job through for a queue and a moment, as long as it is kept.
const OCCUR = `insert into holdfast_jobs.job (id, name, data, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds,
  deletion_seconds, keep_until, dead_letter, policy, heartbeat_seconds, singleton_on, singleton_key)
select $3::uuid, $2::text, $4::jsonb, $5::int, $6::int, true, $7::int, $8::int, $9::int, pg_catalog.now() + $10::int * interval '1 second',
  $11::text, 'standard', $12::int, $13::timestamptz at time zone 'UTC', 'schedule' from pg_catalog.pg_notify($1::text, $2::text)
on conflict do nothing`

import { type JobWithMetadata, PgBoss } from 'pg-boss'
import type { Connection } from '../database/database.ts'
import { SCHEMA } from './queues.ts'
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
      await boss.work(
        queue,
        {
          localConcurrency: atOnce,
          includeMetadata: true,
          pollingIntervalSeconds: POLL_SECONDS,
          notifyPollingIntervalSeconds: POLL_SECONDS,
        },
        async (jobs: readonly JobWithMetadata<unknown>[]) => {
          for (const { id, data, retryCount, retryLimit, signal } of jobs)
            await handler({ id, data, tries: retryCount, triesLeft: retryLimit - retryCount, signal })
        },
      )
    },
    async stop(timeoutMs = 8_000) {
      await boss.stop({ graceful: true, timeout: timeoutMs }).catch(options.onError)
      await pool.close()
    },
  }
}

/** For what is tried again, and for what was announced while nobody listened. New jobs are announced. */
const POLL_SECONDS = 5

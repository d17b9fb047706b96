import { randomBytes } from 'node:crypto'
import type { SecurityEvent } from '../kernel/event.ts'
import type { Clock } from '../kernel/time.ts'
import type { Connection } from '../platform/database/database.ts'
import { openDatabase } from '../platform/database/open-database.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { createApplicationJobs, JOBS_FAILED, type Jobs, openJobs } from '../platform/jobs/index.ts'
import type { Sealer } from '../platform/keys/index.ts'
import type { Log } from '../platform/log/log.ts'
import { MailRefused, type MailTransport, openMail } from '../platform/mail/index.ts'
import { runApplicationJobs } from './run-application-jobs.ts'

export interface WorkerOptions {
  readonly definition: Pick<BackendDefinition, 'jobs'>
  /** As the role `jobs`. */
  readonly connection: Connection
  /** As the runtime role, for the application's own jobs. */
  readonly runtime: Connection
  readonly clock: Clock
  readonly application: string
  readonly sealer: Sealer
  readonly transport: MailTransport
  readonly log: Log
  readonly report: (event: SecurityEvent) => void
  /** See {@link openJobs}. */
  readonly connections?: number
  readonly supervise?: boolean
}

export interface RunningWorker {
  stop(): Promise<void>
}

/** Takes jobs out of the queue until it is stopped: sends mails, and tells of those that were given up. */
export async function runWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { sealer, transport, log, report, clock } = options
  const definitions = options.definition.jobs ?? []
  const jobs: Jobs = await openJobs({ ...options, onError: (cause) => log.warn({ cause }, 'the queue of jobs') })
  await jobs.work('mail', MAILS_AT_ONCE, async (job) => {
    try {
      const mail = openMail(job, sealer)
      if (mail !== null) await transport.send(mail, job.id, job.signal)
    } catch (cause) {
      if (cause instanceof MailRefused && cause.forGood) {
        log.error({ cause, job: job.id }, 'a mail was refused for good')
        report({ name: 'mail_failed', result: 'failure', fields: { reason: 'refused' }, object: `mail ${job.id}` })
        return
      }
      log.warn({ cause, job: job.id, triesLeft: job.triesLeft }, 'a mail was not taken')
      // What stays in the table of jobs says no more than this.
      throw new Error('not taken')
    }
  })
  await jobs.work('mail-failed', 1, async (job) => {
    log.error({ job: job.id }, 'a mail was given up')
    report({ name: 'mail_failed', result: 'failure', fields: { reason: 'given-up' }, object: `mail ${job.id}` })
  })
  await jobs.work(JOBS_FAILED, 1, async (job) => {
    const name = job.source ?? 'unknown'
    log.error({ job: job.id, queue: name }, 'a job was given up')
    const fields = { job: name.replace(/^job\./, ''), reason: 'given-up' }
    report({ name: 'job_failed', result: 'failure', fields, object: `job ${job.id}` })
  })
  const runtime =
    definitions.length === 0
      ? null
      : await openDatabase({ connection: options.runtime, application: options.application, lanes: 1, transactions: 3 })
  const running =
    runtime === null
      ? null
      : await runApplicationJobs({
          definitions,
          jobs,
          application: createApplicationJobs({ jobs: definitions, sealer, clock, random: randomBytes }),
          runtime,
          clock,
          log,
          report,
        })
  return {
    async stop() {
      running?.stop()
      await jobs.stop()
      await runtime?.close()
      await transport.close()
    },
  }
}

/** Connections to the mail server, over which they go. */
const MAILS_AT_ONCE = 4

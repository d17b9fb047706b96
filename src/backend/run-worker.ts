import type { SecurityEvent } from '../kernel/event.ts'
import type { Connection } from '../platform/database/database.ts'
import { type Jobs, openJobs } from '../platform/jobs/index.ts'
import type { Sealer } from '../platform/keys/index.ts'
import type { Log } from '../platform/log/log.ts'
import { MailRefused, type MailTransport, openMail } from '../platform/mail/index.ts'

export interface WorkerOptions {
  /** As the role `jobs`. */
  readonly connection: Connection
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
  const { sealer, transport, log, report } = options
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
  return {
    async stop() {
      await jobs.stop()
      await transport.close()
    },
  }
}

/** Connections to the mail server, over which they go. */
const MAILS_AT_ONCE = 4

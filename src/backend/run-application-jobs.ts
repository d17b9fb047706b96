import type { SecurityEvent } from '../kernel/event.ts'
import type { Identity } from '../kernel/principal.ts'
import type { Clock } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import type { Enqueue, JobContext, JobDefinition } from '../platform/declaration/jobs.ts'
import {
  type ApplicationJobs,
  type Job,
  type Jobs,
  JobUnfit,
  keepSchedule,
  queueOf,
  rulesOf,
  SYSTEM,
} from '../platform/jobs/index.ts'
import type { Log } from '../platform/log/log.ts'

export interface ApplicationJobsOptions {
  readonly definitions: readonly JobDefinition[]
  readonly jobs: Jobs
  readonly application: ApplicationJobs
  /** As the runtime role, under row-level security. */
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its handlers, not here
  readonly runtime: Database<any>
  readonly clock: Clock
  readonly log: Log
  readonly report: (event: SecurityEvent) => void
}

/** Runs the application's own jobs, each as its declared principal, and puts in those that are due by their schedule. */
export async function runApplicationJobs(options: ApplicationJobsOptions): Promise<{ stop(): void }> {
  const { definitions, jobs, application, clock, log } = options
  for (const definition of definitions) {
    await jobs.work(queueOf(definition.name), definition.atOnce, (job) => runOne(definition, job, options))
  }
  const schedules = definitions.flatMap((definition) => {
    const { schedule } = definition
    if (schedule === undefined) return []
    const due = async (moment: number): Promise<void> => {
      const { id, data } = application.occurrence(definition)
      await jobs.occur(rulesOf(definition), id, data, moment)
    }
    const onError = (cause: unknown): void =>
      log.error({ cause, name: definition.name }, 'a job that is due was not put in')
    return [keepSchedule({ clock, next: (from) => jobs.next(schedule, from), due, onError })]
  })
  return {
    stop() {
      for (const each of schedules) each.stop()
    },
  }
}

async function runOne(definition: JobDefinition, job: Job, options: ApplicationJobsOptions): Promise<void> {
  const { application, runtime, clock, log, report } = options
  try {
    const { by, payload } = application.open(definition, job)
    const identity = await identityFor(definition, by, payload, options)
    const db = runtime.as(identity)
    const enqueue: Enqueue<unknown> = (kind, given, how) => application.enqueue(db, identity, kind, given, how)
    const context: JobContext = {
      payload,
      db,
      transaction: (work) => runtime.transaction(identity, work),
      enqueue,
      identity,
      now: clock.now(),
      id: job.id,
      tries: job.tries,
      signal: job.signal,
    }
    await definition.handler(context)
  } catch (cause) {
    const { name } = definition
    if (cause instanceof JobUnfit) {
      // It would not fit any better the next time.
      log.error({ cause, job: job.id, queue: name }, 'a job was dropped')
      report({
        name: 'job_failed',
        result: 'failure',
        fields: { job: name, reason: cause.reason },
        object: `job ${job.id}`,
      })
      return
    }
    log.warn({ cause, job: job.id, queue: name, triesLeft: job.triesLeft }, 'a job failed')
    // What stays in the table of jobs says no more than this.
    throw new Error('failed')
  }
}

/** @throws JobUnfit where those are gone for whom it is to be done. */
async function identityFor(
  { principal }: JobDefinition,
  by: Identity,
  payload: unknown,
  { jobs }: Pick<ApplicationJobsOptions, 'jobs'>,
): Promise<Identity> {
  if (principal !== 'caller' && 'system' in principal) {
    const tenantId = principal.tenant?.(payload)
    return tenantId === undefined ? SYSTEM : { ...SYSTEM, tenantId, scope: 'tenant' }
  }
  const identity: Identity =
    principal === 'caller'
      ? by
      : { accountId: principal.account(payload), tenantId: principal.tenant(payload), scope: principal.scope }
  const rows = await jobs.query(STANDS, [identity.accountId, identity.tenantId])
  if (rows[0]?.stands !== true) throw new JobUnfit('principal-gone')
  return identity
}

/** The account is in use, and still belongs to the tenant. */
const STANDS = `select exists (select from holdfast.account a where a.id = $1::uuid and a.disabled_at is null)
  and ($2::uuid is null or exists (select from holdfast.tenant_member m where m.account_id = $1::uuid and m.tenant_id = $2::uuid))
  as stands`

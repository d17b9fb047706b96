import { uuidv7 } from '../../kernel/id.ts'
import type { Identity } from '../../kernel/principal.ts'
import { Refusal } from '../../kernel/refusal.ts'
import type { Clock } from '../../kernel/time.ts'
import { identityText, isUuid } from '../database/identity.ts'
import type { EnqueueOptions, JobDefinition, Job as JobKind } from '../declaration/jobs.ts'
import { type Check, createSchemaCompiler } from '../http/compile-schema.ts'
import type { Sealer } from '../keys/index.ts'
import type { Job } from './jobs.ts'
import { type QueueRules, queueOf, SILENCE } from './queues.ts'
import { stageJob } from './stage-job.ts'

export interface ApplicationJobsParts {
  readonly jobs: readonly JobDefinition[]
  readonly sealer: Sealer
  readonly clock: Clock
  readonly random: (bytes: number) => Buffer
}

/** What was asked for, by whom. */
export interface Asked {
  readonly by: Identity
  readonly payload: unknown
}

/** The application's own jobs on their way in and out of the queue. Payloads are sealed, each for its own job. */
export interface ApplicationJobs {
  /** @param by - whose identity the database is told for `db`: row-level security holds the two together. */
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its handlers, not here
  enqueue(db: any, by: Identity, kind: JobKind<any>, payload: unknown, options?: EnqueueOptions<any>): Promise<void>
  /** Notes that a job is due by its schedule. */
  occurrence(kind: JobDefinition): { readonly id: string; readonly data: Readonly<Record<string, unknown>> }
  /**
   * What a job in the queue asks for.
   *
   * @throws JobUnfit where that is nothing this release knows: it was put there otherwise, or the declaration changed since.
   */
  open(kind: JobDefinition, job: Pick<Job, 'id' | 'data'>): Asked
}

/** A job that will never run. Says why in a word, and nothing of what it holds. */
export class JobUnfit extends Error {
  override readonly name = 'JobUnfit'
  readonly reason: 'payload' | 'principal-gone' | 'unreadable'

  constructor(reason: JobUnfit['reason']) {
    super(`the job does not run: ${reason}`)
    this.reason = reason
  }
}

export function createApplicationJobs({ jobs, sealer, clock, random }: ApplicationJobsParts): ApplicationJobs {
  const compile = createSchemaCompiler()
  const checks = new Map<string, Check>(jobs.map(({ name, payload }) => [name, compile(payload)]))
  const fits = ({ name }: Pick<JobDefinition, 'name'>, payload: unknown): boolean =>
    checks.get(name)?.(payload) === true
  const sealed = (kind: Pick<JobDefinition, 'name'>, id: string, payload: unknown): string =>
    sealer.seal(Buffer.from(JSON.stringify(payload)), contextOf(kind, id)).toString('base64')
  return {
    async enqueue(db, by, kind, payload, { tx = db, after } = {}) {
      const declared = jobs.find(({ name }) => name === kind.name)
      if (declared === undefined) throw mistake(`job ${kind.name} is not declared`)
      // A copy, since the check fills in defaults: what the caller holds stays as it is.
      const copy: unknown = structuredClone(payload)
      if (!fits(kind, copy)) throw mistake(`the payload of job ${kind.name} does not fit its schema`)
      const id = uuidv7(clock.now(), random)
      await stageJob(tx, rulesOf(declared), id, { by: identityText(by), sealed: sealed(kind, id, copy) }, after)
    },

    occurrence(kind) {
      const id = uuidv7(clock.now(), random)
      return { id, data: { by: identityText(SYSTEM), sealed: sealed(kind, id, {}) } }
    },

    open(kind, job) {
      const { by, sealed } = (job.data ?? {}) as { readonly by?: unknown; readonly sealed?: unknown }
      if (typeof by !== 'string' || typeof sealed !== 'string') throw new JobUnfit('unreadable')
      const payload = opened(sealer, sealed, contextOf(kind, job.id))
      if (!fits(kind, payload)) throw new JobUnfit('payload')
      return { by: identityOf(by), payload }
    },
  }
}

/**
 * The backend itself, towards row-level security: an account that is nobody's, so that it owns nothing, and sees what scope and tenant
 * let it see.
 */
export const SYSTEM: Identity = Object.freeze({
  accountId: '00000000-0000-0000-0000-000000000000',
  tenantId: null,
  scope: 'all',
})

/** How the queue treats a declared job. */
export const rulesOf = ({ name, retries, timeLimit }: JobDefinition): QueueRules => ({
  name: queueOf(name),
  retryLimit: retries,
  retryDelay: 5,
  longestRetryDelay: 900,
  expiresAfter: timeLimit,
  silence: SILENCE,
  keptFor: 14 * 86_400,
  // Longer than a schedule's minute, so that no occurrence runs twice.
  deletedAfter: 3600,
  deadLetter: JOBS_FAILED,
})

export const JOBS_FAILED = 'jobs-failed'

function opened(sealer: Sealer, sealed: string, context: string): unknown {
  try {
    return JSON.parse(sealer.open(Buffer.from(sealed, 'base64'), context).toString())
  } catch {
    throw new JobUnfit('unreadable')
  }
}

/** The other way round than {@link identityText}. */
function identityOf(text: string): Identity {
  const [account = '', tenant = '', scope, ...rest] = text.split('|')
  const sound = [account, tenant].every((id) => id === '' || isUuid(id)) && rest.length === 0
  if (!sound || (scope !== 'own' && scope !== 'tenant' && scope !== 'all')) throw new JobUnfit('unreadable')
  return { accountId: account === '' ? null : account, tenantId: tenant === '' ? null : tenant, scope }
}

const contextOf = ({ name }: Pick<JobDefinition, 'name'>, id: string): string => `job ${name} ${id}`

/** Of the application, not of whoever called it. */
const mistake = (message: string): Refusal => new Refusal('unexpected', undefined, { cause: new TypeError(message) })

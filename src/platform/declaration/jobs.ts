import type { Kysely } from 'kysely'
import type { Static, TSchema } from 'typebox'
import type { Identity } from '../../kernel/principal.ts'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { JsonSchema } from '../../kernel/surface.ts'
import { type Moment, minutes, type Seconds } from '../../kernel/time.ts'
import { closeInput } from './close-schema.ts'

/** As whom a job's statements run: row-level security is told, as for a request. */
export type JobPrincipal<Payload> =
  /** Whoever asked for it, as far as the permission reached by which they did. Not when they are gone by then. */
  | 'caller'
  /** The account and tenant that the payload names. Whoever asks for the job chooses them: check it there. */
  | {
      readonly account: (payload: Payload) => string
      readonly tenant: (payload: Payload) => string
      readonly scope: 'own' | 'tenant'
    }
  /** Nobody: the backend itself, for the reason given in words. In one tenant where it is named, else everywhere. */
  | { readonly system: string; readonly tenant?: (payload: Payload) => string }

export interface JobOptions<Payload extends TSchema> {
  /** What it is told: an object, with a bound for everything in it. Checked when it is asked for and when it runs. */
  readonly payload: Payload
  readonly principal: JobPrincipal<Static<Payload>>
  /** Tries after the first that failed, with growing pauses. Default 5: about three minutes. */
  readonly retries?: number
  /** How long one try may take. Default a minute. */
  readonly timeLimit?: Seconds
  /** How many of them run at a time, in each worker. Default 1. */
  readonly atOnce?: number
  /** When it runs by itself, as five fields of cron in UTC, with an empty payload: `15 3 * * *`. Only for the system. */
  readonly schedule?: string
}

/** A kind of job, named: to ask for one, and to say in `jobs` what it does. */
export interface Job<Payload = unknown> extends Omit<JobDefinition, 'handler'> {
  /** Never there: carries the payload's type. */
  readonly $payload?: Payload
}

/** A job as declared, checked, with its types erased. */
export interface JobDefinition {
  readonly name: string
  readonly payload: JsonSchema
  // biome-ignore lint/suspicious/noExplicitAny: the erased form; jobs are written against the inferred one
  readonly principal: JobPrincipal<any>
  readonly retries: number
  readonly timeLimit: Seconds
  readonly atOnce: number
  readonly schedule?: string
  readonly handler: (context: JobContext) => Promise<void>
}

/** What a job's handler is given. It may run more than once: a process can end between its work and the note that it is done. */
// biome-ignore lint/suspicious/noExplicitAny: the erased form; jobs are written against the inferred one
export interface JobContext<DB = any, Payload = any> {
  readonly payload: Payload
  /** Statements run one by one, with the job's identity set for row-level security. */
  readonly db: Kysely<DB>
  /** A real transaction with that identity; rolled back when `work` throws. */
  transaction<T>(work: (tx: Kysely<DB>) => Promise<T>): Promise<T>
  readonly enqueue: Enqueue<DB>
  readonly identity: Identity
  readonly now: Moment
  /** The same at each try. */
  readonly id: string
  /** Tries before this one. */
  readonly tries: number
  /** Aborted when the time limit is over, or the worker stops. */
  readonly signal: AbortSignal
}

/**
 * Asks for a job: it is there when the statement, or the transaction given as `tx`, commits.
 *
 * @throws Refusal `unexpected` for a payload that does not fit its schema, `overloaded` when 100,000 of its kind wait already.
 */
export type Enqueue<DB> = <Payload>(job: Job<Payload>, payload: Payload, options?: EnqueueOptions<DB>) => Promise<void>

export interface EnqueueOptions<DB> {
  /** Of the same context: the job is asked for if it commits. Default a statement of its own. */
  readonly tx?: Kysely<DB>
  /** Not before this long. Default at once. */
  readonly after?: Seconds
}

/** What `jobs(app)` is given. */
export interface JobsApp<DB> {
  job<Payload>(job: Job<Payload>, handler: (context: JobContext<DB, Payload>) => Promise<void>): void
}

/**
 * Declares a kind of job.
 *
 * @throws StartRefusal `job remind: …`
 */
export function job<const Payload extends TSchema>(name: string, options: JobOptions<Payload>): Job<Static<Payload>> {
  const where = `job ${name}`
  const { principal, retries = 5, timeLimit = minutes(1), atOnce = 1, schedule } = options
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new StartRefusal(where, 'its name has up to 40 lower-case letters, digits and -')
  const whole = (value: number, least: number, most: number, what: string): void => {
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new StartRefusal(where, `${what} is a whole number from ${least} to ${most}`)
  }
  whole(retries, 0, 50, 'retries')
  whole(timeLimit, 1, 3600, 'timeLimit, in seconds,')
  whole(atOnce, 1, 10, 'atOnce')
  const payload = closeInput(`${where} payload`, options.payload)
  if (payload.type !== 'object') throw new StartRefusal(`${where} payload`, 'is not the schema of an object')
  if (principal !== 'caller' && 'system' in principal && principal.system.trim() === '')
    throw new StartRefusal(where, 'does not say in words why the system does it')
  if (schedule !== undefined) {
    if (principal === 'caller' || !('system' in principal))
      throw new StartRefusal(where, 'runs by itself, so its principal is the system')
    if (Array.isArray(payload.required) && payload.required.length > 0)
      throw new StartRefusal(where, 'runs by itself, so nothing in its payload can be required')
    if (!/^[\d*,/A-Za-z-]+( [\d*,/A-Za-z-]+){4}$/.test(schedule) || schedule.length > 100)
      throw new StartRefusal(where, 'its schedule is five fields of cron: 15 3 * * *')
  }
  return Object.freeze({
    name,
    payload,
    principal,
    retries,
    timeLimit,
    atOnce,
    ...(schedule === undefined ? {} : { schedule }),
  })
}

/**
 * Runs `jobs` and puts kinds and handlers together.
 *
 * @throws StartRefusal for a name that is there twice.
 */
export function collectJobs<DB>(declare: (app: JobsApp<DB>) => void): readonly JobDefinition[] {
  const collected = new Map<string, JobDefinition>()
  declare({
    job(kind, handler) {
      if (collected.has(kind.name)) throw new StartRefusal(`job ${kind.name}`, 'is declared twice')
      if (typeof handler !== 'function') throw new StartRefusal(`job ${kind.name}`, 'has no handler')
      collected.set(kind.name, Object.freeze({ ...kind, handler: handler as JobDefinition['handler'] }))
    },
  })
  return [...collected.values()]
}

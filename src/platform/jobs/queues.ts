/** Where the tables of the queue are; see migrations/0005_jobs.sql. */
export const SCHEMA = 'holdfast_jobs'

/** What wakes the worker: `pgboss_` and 24 digits of the SHA-224 of the schema's name, as pg-boss has it. */
export const CHANNEL = 'pgboss_f34d16cf2a83cb4aa98f3421'

/** How a queue treats its jobs: as the migration that makes it says, restated by whoever puts a job in. Lengths in seconds. */
export interface QueueRules {
  readonly name: string
  /** Tries after the first. */
  readonly retryLimit: number
  /** Before the second try; doubles with each, give or take half, up to {@link longestRetryDelay}. */
  readonly retryDelay: number
  readonly longestRetryDelay: number
  /** How long one try may take. */
  readonly expiresAfter: number
  /** A worker that gave no sign of life for so long is gone, and another takes its job. */
  readonly silence: number
  /** A job that nobody took until then is dropped. */
  readonly keptFor: number
  /** How long a job that was done stays. */
  readonly deletedAfter: number
  /** Where what was given up goes. */
  readonly deadLetter: string | null
}

/** pg-boss takes no less than 10 s; a worker tells twice as often. */
export const SILENCE = 15

/** Mails: two hours of trying again. What is older than a day helps nobody. */
export const MAIL: QueueRules = {
  name: 'mail',
  retryLimit: 20,
  retryDelay: 2,
  longestRetryDelay: 600,
  expiresAfter: 60,
  silence: SILENCE,
  keptFor: 86_400,
  deletedAfter: 60,
  deadLetter: 'mail-failed',
}

/** Where the application's jobs of a name wait. */
export const queueOf = (job: string): string => `job.${job}`

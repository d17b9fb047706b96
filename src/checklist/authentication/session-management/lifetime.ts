import type { Assurance } from '../../../kernel/principal.ts'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { after, days, hours, type Moment, minutes, type Seconds } from '../../../kernel/time.ts'

/** How long something lasts: from the last authentication, and without use. */
export interface Span {
  readonly age: Seconds
  /** At least 2 minutes: use is written back at most once a minute. */
  readonly idle: Seconds
}

/**
 * @see NIST SP 800-63B-4 2.1.3, 2.2.3 and 2.3.3: re-authentication at AAL1 after 30 days, at AAL2 after 24 hours or 1 hour
 * without use, at AAL3 after 12 hours or 15 minutes without use. Each may be set shorter, none longer.
 */
export interface SessionLimits {
  /** A session whose roles are of use at AAL1. Default 30 d, and 14 d without use. */
  readonly ordinary: Span
  /** A session whose roles need more than one factor to be of use. Default 24 h, and 1 h without use. */
  readonly privileged: Span
  /** How long an assurance of 2 stands before it falls to 1. Default 24 h, and 1 h without use. */
  readonly assurance2: Span
  /** How long an assurance of 3 stands before it falls to 2. Default 12 h, and 15 min without use. */
  readonly assurance3: Span
}

export const LONGEST: SessionLimits = Object.freeze({
  ordinary: { age: days(30), idle: days(14) },
  privileged: { age: hours(24), idle: hours(1) },
  assurance2: { age: hours(24), idle: hours(1) },
  assurance3: { age: hours(12), idle: minutes(15) },
})

/** The times of a session that its life depends on. */
export interface SessionTimes {
  readonly assurance: Assurance
  readonly authenticatedAt: Moment
  readonly usedAt: Moment
  readonly expiresAt: Moment
}

export type Judgement =
  | {
      readonly alive: true
      /** What is left of the assurance the person proved. Once fallen it only rises by authenticating again. */
      readonly assurance: Assurance
      /** When it ends, however much it is used. */
      readonly expiresAt: Moment
      /** Until when this judgement stands, if the session is used without a pause. */
      readonly standsUntil: Moment
      readonly idle: Seconds
    }
  | { readonly alive: false; readonly reason: 'idle' | 'age' }

/**
 * Whether a session lives at `now`, and with which assurance.
 *
 * The session of a member who proved a second factor goes on when that proof is old: its assurance falls, and what is
 * privileged asks again. Where the roles are of no use without the second factor, the session ends.
 */
export function judgeSession(times: SessionTimes, privileged: boolean, limits: SessionLimits, now: Moment): Judgement {
  const span = privileged ? limits.privileged : limits.ordinary
  const expiresAt = Math.min(times.expiresAt, after(times.authenticatedAt, span.age))
  if (now >= expiresAt) return AGED
  if (now >= after(times.usedAt, span.idle)) return IDLE
  const assurance = assuranceAt(times, limits, now)
  const falls = assurance === 1 ? expiresAt : after(times.authenticatedAt, spanOf(assurance, limits).age)
  return { alive: true, assurance, expiresAt, standsUntil: Math.min(expiresAt, falls), idle: span.idle }
}

/** When a session made at `now` ends at the latest. */
export const expiryOf = (privileged: boolean, limits: SessionLimits, authenticatedAt: Moment): Moment =>
  after(authenticatedAt, (privileged ? limits.privileged : limits.ordinary).age)

/**
 * Fills in the defaults.
 *
 * @throws {@link StartRefusal} for what is longer than the standard allows, is no whole number of seconds, or is not known.
 */
export function resolveLimits(given: Partial<SessionLimits> = {}): SessionLimits {
  for (const name of Object.keys(given)) {
    if (!(name in LONGEST)) throw new StartRefusal(`sessions.${name}`, 'is not a limit of sessions')
  }
  const span = (name: keyof SessionLimits): Span => {
    const longest = LONGEST[name]
    const { age, idle } = given[name] ?? longest
    check(`sessions.${name}.age`, age, longest.age)
    check(`sessions.${name}.idle`, idle, longest.idle)
    return Object.freeze({ age, idle })
  }
  return Object.freeze({
    ordinary: span('ordinary'),
    privileged: span('privileged'),
    assurance2: span('assurance2'),
    assurance3: span('assurance3'),
  })
}

function check(where: string, value: Seconds, longest: Seconds): void {
  if (Number.isSafeInteger(value) && value >= SHORTEST && value <= longest) return
  throw new StartRefusal(where, `must be whole seconds from ${SHORTEST} to ${longest}`)
}

function assuranceAt(times: SessionTimes, limits: SessionLimits, now: Moment): Assurance {
  const stands = (level: 2 | 3): boolean => {
    const span = spanOf(level, limits)
    return now < after(times.authenticatedAt, span.age) && now < after(times.usedAt, span.idle)
  }
  if (times.assurance === 3 && stands(3)) return 3
  return times.assurance >= 2 && stands(2) ? 2 : 1
}

const spanOf = (level: 2 | 3, limits: SessionLimits): Span => (level === 3 ? limits.assurance3 : limits.assurance2)

/** Use is written back once a minute: below two, a session in use could end. */
const SHORTEST = minutes(2)
const AGED: Judgement = Object.freeze({ alive: false, reason: 'age' })
const IDLE: Judgement = Object.freeze({ alive: false, reason: 'idle' })

import { LONGEST, type SessionLimits } from '../checklist/authentication/session-management/index.ts'
import type { Configuration } from '../checklist/server/secure-configuration/index.ts'
import type { Seconds } from '../kernel/time.ts'

/** The limits of sessions with the configured ones over them, where those are shorter. */
export function sessionLimits({
  sessionIdle,
  sessionAbsolute,
}: Pick<Configuration, 'sessionIdle' | 'sessionAbsolute'>): SessionLimits {
  const shorter = (limit: Seconds, configured: Seconds | null): Seconds =>
    configured === null || configured > limit ? limit : configured
  const limits = Object.entries(LONGEST).map(([name, { age, idle }]) => [
    name,
    { age: shorter(age, sessionAbsolute), idle: shorter(idle, sessionIdle) },
  ])
  return Object.fromEntries(limits)
}

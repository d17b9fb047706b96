import type { Assurance } from '../../../kernel/principal.ts'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { parseOrigins } from './cross-site.ts'
import { resolveLimits, type SessionLimits } from './lifetime.ts'
import { PRIVILEGED_ROLES, type SessionsOptions } from './sessions.ts'

/** What {@link resolveOptions} fills in over {@link SessionsOptions}. */
export interface ResolvedOptions {
  readonly limits: SessionLimits
  readonly isPrivileged: (roles: readonly string[]) => boolean
  readonly effectiveRoles: (roles: readonly string[], assurance: Assurance) => readonly string[]
  readonly cacheSize: number
  readonly perAccount: number
  /** Parsed {@link SessionsOptions.allowedOrigins}. */
  readonly otherOrigins: ReadonlySet<string>
  /** Whether an origin is this server's own. */
  readonly isOwnOrigin: (origin: string) => boolean
}

/** @throws {@link StartRefusal} for what must not start. */
export function resolveOptions(options: SessionsOptions): SessionsOptions & ResolvedOptions {
  const { publicOrigins } = options
  const own = typeof publicOrigins === 'function' ? null : parseOrigins('publicOrigins', publicOrigins)
  const late = typeof publicOrigins === 'function' ? publicOrigins : () => []
  return {
    ...options,
    limits: resolveLimits(options.limits),
    isPrivileged: options.isPrivileged ?? ((roles) => roles.some((role) => PRIVILEGED_ROLES.includes(role))),
    effectiveRoles: options.effectiveRoles ?? ((roles) => roles),
    cacheSize: whole('sessions.cacheSize', options.cacheSize ?? 50_000, 1, 10_000_000),
    perAccount: whole('sessions.perAccount', options.perAccount ?? 100, 1, 10_000),
    otherOrigins: parseOrigins('allowedOrigins', options.allowedOrigins ?? []),
    isOwnOrigin: own === null ? (origin) => late().includes(origin) : (origin) => own.has(origin),
  }
}

function whole(where: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new StartRefusal(where, `must be a whole number from ${least} to ${most}`)
}

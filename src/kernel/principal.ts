import type { Moment } from './time.ts'

/**
 * How far a permission reaches. `own`: objects one owns or was given a share of, in the current tenant. `tenant`:
 * everything in the current tenant. `all`: everything. Each includes the one before it.
 */
export type Scope = 'own' | 'tenant' | 'all'

/** Authenticator assurance level, NIST SP 800-63B-4: 1 one factor, 2 two factors, 3 phishing-resistant hardware. */
export type Assurance = 1 | 2 | 3

/** Who is asking, as access control and the database see it. Frozen; shared between requests of one session. */
export interface Principal {
  readonly accountId: string
  readonly sessionId: string
  /** The tenant the session works in, or `null` where none was chosen. */
  readonly tenantId: string | null
  readonly roles: readonly string[]
  /** Those of the roles that are of effect at this assurance: one that asks for a second factor is not before there is one. */
  readonly effectiveRoles: readonly string[]
  /** Effective permissions with their scope; what is absent is not held. */
  readonly permissions: ReadonlyMap<string, Scope>
  /** Permissions that the roles hold and that are not effective until a second factor is proved. Absent: none. */
  readonly withheld?: ReadonlySet<string>
  /** Whether the account has a second factor: then a proof of who they are counts as one only with it. Absent: no. */
  readonly secondFactor?: boolean
  readonly assurance: Assurance
  /** When the person last proved who they are: sign-in or step-up. */
  readonly authenticatedAt: Moment
}

/** What row-level security is told: one text, parsed by the `holdfast` functions of the database. */
export interface Identity {
  readonly accountId: string | null
  readonly tenantId: string | null
  readonly scope: Scope
}

/** No account, no tenant, own scope: row-level security shows nothing. */
export const NOBODY: Identity = Object.freeze({ accountId: null, tenantId: null, scope: 'own' })

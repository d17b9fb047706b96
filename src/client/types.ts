export interface Account {
  readonly id: string
  readonly email: string
  readonly name: string
}

/** What a sign-in comes to: a session, or the second step. */
export type NextStep =
  | { readonly next: 'done'; readonly account: Account }
  | { readonly next: 'second-factor'; readonly factors: readonly ('totp' | 'passkey' | 'recovery-code')[] }

export interface Session {
  readonly account: Account
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  readonly tenantId: string | null
  /** 2 after a second factor. */
  readonly assurance: number
  /** ISO 8601, as all moments. */
  readonly authenticatedAt: string
  readonly expiresAt: string
}

export interface SessionEntry {
  readonly id: string
  readonly device: string
  readonly address: string
  readonly createdAt: string
  readonly usedAt: string
  readonly current: boolean
}

export interface Tenant {
  readonly id: string
  readonly name: string
  readonly manages: boolean
  readonly current: boolean
}

export interface Member {
  readonly id: string
  readonly name: string
  readonly manages: boolean
}

export interface Passkey {
  readonly id: string
  /** A security key is good beside a password alone. */
  readonly kind: 'passkey' | 'security-key'
  readonly name: string
  readonly createdAt: string
  readonly usedAt: string | null
  readonly backedUp: boolean
}

export interface Factors {
  readonly totp: boolean
  readonly passkeys: number
  readonly recoveryCodes: number
  /** Whether the roles are of no effect without a second factor. */
  readonly required: boolean
  /** An administrator removes all factors then, unless it is cancelled. */
  readonly reset: { readonly effectiveAt: string } | null
}

export interface TotpOffer {
  /** Base32, for typing. */
  readonly secret: string
  /** `otpauth://…`, for a QR code. */
  readonly uri: string
}

export interface RecoveryCodes {
  readonly recoveryCodes: readonly string[]
}

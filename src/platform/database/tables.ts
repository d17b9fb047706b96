import type { Generated } from 'kysely'

/**
 * Holdfast's own tables (migrations, schema `holdfast`) for Kysely. Moments come as Date; `n` is a number, `count` as well.
 */
export interface HoldfastTables {
  'holdfast.tenant': {
    id: string
    name: string
    created_at: Date
  }
  'holdfast.account': {
    id: string
    email: string
    name: string
    created_at: Date
    disabled_at: Date | null
    email_verified_at: Generated<Date | null>
  }
  'holdfast.password': {
    account_id: string
    hash: string
    pepper_version: number
    changed_at: Date
    /** Whether it may be the only factor. */
    stands_alone: Generated<boolean>
  }
  'holdfast.tenant_member': {
    tenant_id: string
    account_id: string
    manages: boolean
    joined_at: Date
  }
  'holdfast.role': {
    name: string
    origin: 'declared' | 'custom'
    grants: readonly string[]
    inherits: readonly string[]
  }
  'holdfast.account_role': {
    account_id: string
    role: string
    granted_by: string | null
    granted_at: Date
  }
  'holdfast.session': {
    id: string
    token_hash: Buffer
    account_id: string
    tenant_id: string | null
    assurance: number
    created_at: Date
    authenticated_at: Date
    used_at: Date
    expires_at: Date
    address: string
    device: string
    ended_at: Date | null
    ended_by: 'self' | 'administrator' | 'password-change' | 'sign-out' | 'rotation' | 'expiry' | null
    renewal_due: Generated<boolean>
  }
  'holdfast.one_time_link': {
    token_hash: Buffer
    purpose: 'enrolment' | 'invitation'
    tenant_id: string | null
    created_at: Date
    expires_at: Date
    used_at: Date | null
  }
  'holdfast.totp': {
    account_id: string
    sealed_secret: Generated<Buffer | null>
    confirmed_at: Generated<Date | null>
    last_step: Generated<number>
    offered_secret: Generated<Buffer | null>
    offered_at: Generated<Date | null>
  }
  'holdfast.recovery_code': {
    code_hash: Buffer
    account_id: string
    created_at: Date
    used_at: Date | null
  }
  'holdfast.passkey': {
    id: string
    kind: 'passkey' | 'security-key'
    account_id: string
    credential_id: Buffer
    public_key: Buffer
    counter: number
    transports: readonly string[]
    backed_up: boolean
    name: string
    created_at: Date
    used_at: Date | null
  }
  'holdfast.pending_sign_in': {
    token_hash: Buffer
    account_id: string
    method: 'password' | 'link' | 'openid'
    created_at: Date
    expires_at: Date
    used_at: Date | null
  }
  'holdfast.mail_link': {
    token_hash: Buffer
    purpose: 'sign-up' | 'verify' | 'change' | 'reset' | 'sign-in'
    account_id: string | null
    email: string
    invitation_hash: Buffer | null
    created_at: Date
    expires_at: Date
    used_at: Date | null
  }
  'holdfast.openid_identity': {
    provider: string
    subject: string
    account_id: string
    linked_at: Date
    used_at: Date | null
  }
  'holdfast.attempt': {
    subject_hash: Buffer
    kind: 'account' | 'address' | 'device' | 'service'
    failures: number
    first_at: Date
    last_at: Date
    blocked_until: Date | null
  }
  'holdfast.known_device': {
    token_hash: Buffer
    account_id: string
    created_at: Date
    used_at: Date
  }
  'holdfast.spent': {
    hash: Buffer
    expires_at: Date
  }
  'holdfast.factor_reset': {
    account_id: string
    started_by: string | null
    started_at: Date
    effective_at: Date
  }
  'holdfast.event_staging': {
    n: Generated<number>
    id: string
    at: Date
    xid: Generated<string>
    name: string
    result: 'success' | 'failure'
    account_id: string | null
    session_id: string | null
    tenant_id: string | null
    object: string | null
    address: string | null
    request_id: string | null
    fields: unknown
    count: Generated<number>
  }
}

/**
 * The security events, named after the OWASP Logging Vocabulary. A name says which fields its event carries, so
 * that a typing error does not compile.
 */
export interface EventFields {
  authn_login_success: { readonly method: string }
  authn_login_fail: { readonly reason: 'unknown-account' | 'wrong-password' | 'disabled' }
  authn_password_change: Record<never, never>
  authn_password_refused: { readonly reason: string }
  authn_password_outgrown: Record<never, never>
  authn_step_up: { readonly method: string }
  authn_step_up_fail: { readonly method: string }
  authn_hash_upgraded: { readonly reason: 'parameters' | 'pepper' }
  authn_factor_added: { readonly factor: Factor }
  authn_factor_removed: { readonly factor: Factor }
  authn_factor_used: { readonly factor: Factor }
  authn_factor_fail: { readonly factor: Factor; readonly reason: string }
  authn_recovery_codes_made: { readonly count: number }
  authn_factor_reset_started: { readonly account: string }
  authn_factor_reset_cancelled: { readonly account: string }
  authn_factor_reset_done: { readonly account: string }
  authn_passkey_fail: { readonly reason: string }
  /** `nobody`: there is no account to send it to, and it was made all the same. */
  authn_link_sent: { readonly purpose: string; readonly to: 'account' | 'newcomer' | 'nobody' }
  authn_link_used: { readonly purpose: string }
  authn_link_refused: { readonly purpose: string }
  authn_email_changed: Record<never, never>
  authn_openid_fail: { readonly provider: string; readonly reason: string }
  authn_openid_linked: { readonly provider: string }
  authn_openid_unlinked: { readonly provider: string }
  authn_delayed: { readonly flow: string; readonly by: 'account' | 'address' | 'device' | 'service' }
  authn_password_locked: Record<never, never>
  authn_challenge_fail: { readonly reason: string }
  authn_stuffing_seen: { readonly failures: number; readonly accounts: number }
  authz_fail: { readonly permission: string; readonly reason: string }
  authz_role_granted: { readonly role: string; readonly account: string }
  authz_role_revoked: { readonly role: string; readonly account: string }
  authz_role_changed: { readonly role: string; readonly added: readonly string[]; readonly removed: readonly string[] }
  authz_guard: { readonly rule: string }
  session_created: { readonly session: string }
  session_renewed: { readonly session: string; readonly reason: string }
  session_expired: { readonly session: string; readonly reason: 'idle' | 'age' }
  session_ended: { readonly session: string; readonly by: 'self' | 'administrator' | 'password-change' | 'sign-out' }
  session_use_after_end: Record<never, never>
  session_cross_site: { readonly origin: string }
  input_validation_fail: { readonly fields: readonly string[] }
  malformed_request: { readonly code: string }
  user_created: { readonly account: string; readonly how: 'sign-up' | 'enrolment' | 'invitation' }
  user_joined_tenant: { readonly account: string; readonly tenant: string }
  user_exported: { readonly account: string }
  user_erased: { readonly account: string }
  mail_failed: { readonly reason: string }
  job_failed: { readonly job: string; readonly reason: string }
  sys_enrolment_opened: Record<never, never>
  sys_enrolment_used: Record<never, never>
  sys_startup: { readonly mode: string }
  sys_shutdown: Record<never, never>
  sys_crash: { readonly problem: string }
  sys_error: { readonly problem: string }
  sys_leak_stopped: { readonly pattern: string }
  sys_revocation_channel_down: Record<never, never>
  sys_revocation_channel_up: Record<never, never>
  sys_database_unavailable: Record<never, never>
}

/** Something by which people prove who they are, beside the password. */
export type Factor = 'totp' | 'passkey' | 'security-key' | 'recovery-code'

export type EventName = keyof EventFields

/** One security event: who, what, on what, from where, with which result. */
export interface SecurityEvent<Name extends EventName = EventName> {
  readonly name: Name
  readonly result: 'success' | 'failure'
  readonly fields: EventFields[Name]
  /** Who acted, where known. */
  readonly accountId?: string | undefined
  readonly sessionId?: string | undefined
  readonly tenantId?: string | undefined
  /** On what: `route GET /notes/:id`, `account 0190…`. */
  readonly object?: string | undefined
  /** Client address, as configured proxies and the socket tell it. */
  readonly address?: string | undefined
  /** The request's id, as quoted in its reply. */
  readonly requestId?: string | undefined
}

export { type Client, type ClientOptions, createClient } from './client/client.ts'
export type { Assertion, Attestation, PasskeyBrowser } from './client/passkey-browser.ts'
export { type ProblemDetails, ProblemError } from './client/problem.ts'
export type {
  Account,
  Factors,
  Member,
  NextStep,
  Passkey,
  RecoveryCodes,
  Session,
  SessionEntry,
  Tenant,
  TotpOffer,
} from './client/types.ts'

import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { createStrongAuthentication } from './control.ts'
export { normaliseEmail } from './email.ts'
export { type BuiltFilter, FilterBuilder } from './filter-builder.ts'
export { isFilterStart } from './filter-file.ts'
export { listedKey } from './filter-key.ts'
export { ONE_IN } from './fuse-filter.ts'
export type { LinkPurpose, MailLinks, NewLink, ProvedLink } from './mail-links.ts'
export type { CredentialChange, Notices } from './notices.ts'
export type { LinkedIdentity, OpenId, OpenIdRefusalReason, ProvedIdentity } from './openid.ts'
export {
  MOST_PASSKEYS,
  type NewPasskey,
  type PasskeyCreation,
  type PasskeyDescriptor,
  type PasskeyKind,
  type PasskeyPurpose,
  type PasskeyRequest,
  type Passkeys,
  type PasskeysOptions,
  type PasskeyView,
  type ProvedPasskey,
} from './passkeys.ts'
export { judge } from './password-check.ts'
export { type SourceCount, sizeOf, takeHashes, takeList } from './password-sources.ts'
export { createRules, type PasswordProblem, type Rule, type Rules } from './rules.ts'
export { openFilter } from './shipped-filter.ts'
export type {
  AccountsTransaction,
  AccountView,
  Origin,
  Parts,
  PasswordOwner,
  PreparedPassword,
  StrongAuthentication,
  StrongAuthenticationOptions,
} from './strong-authentication.ts'

export const item = defineItem({
  id: 'authentication/strong-authentication',
  title: 'Strong user authentication',
  requirement:
    'Passwords are long, not common and not about their owner, and stored as peppered argon2id; passkeys verify their owner and sign in with nothing typed; links in mails and answers of OpenID providers hold once, for what they were made for, and open no account that did not add them; every change of a credential is told by mail; signing in tells nothing about accounts and bears a flood.',
  sources: [
    'NIST SP 800-63B-4 3.1.1',
    'NIST SP 800-63B-4 3.2.5',
    'ASVS 5.0 V6.2.1–V6.2.12',
    'ASVS 5.0 V6.3.2',
    'ASVS 5.0 V6.3.7',
    'ASVS 5.0 V6.4.3',
    'ASVS 5.0 V6.4.6',
    'ASVS 5.0 V11.4.2',
    'OWASP Password Storage Cheat Sheet',
    'RFC 9106',
    'W3C WebAuthn Level 3 7.1, 7.2',
    'ASVS 5.0 V10.5.1–V10.5.4',
    'OpenID Connect Core 1.0 3.1.3.7',
    'RFC 9700',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Remove what was put over passwords, passkeys, links or providers, end the sessions that came of it, and let people whose password was accepted or stored too weakly choose a new one.',
})

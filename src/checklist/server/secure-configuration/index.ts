import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export {
  type Configuration,
  type ConfigurationSource,
  readOpenIdProviders,
  resolveConfiguration,
  withoutSecrets,
} from './configuration.ts'
export { createSecureConfiguration, type SecureConfiguration } from './control.ts'
export type { DatabaseTarget } from './database-url.ts'
export { ENROLMENT_LIFETIME, type EnrolmentOptions } from './enrolment.ts'
export { type Opening, openingsOf } from './openings.ts'
export { printConfiguration } from './print.ts'
export type { Mode } from './setting.ts'
export { SETTINGS } from './settings.ts'
export type { Sender, SmtpTarget } from './smtp-url.ts'

export const item = defineItem({
  id: 'server/secure-configuration',
  title: 'Secure configuration',
  requirement:
    'One checked configuration: weak, unknown and contradicting settings refuse to start, secrets come from protected places and are never shown, and there is no default account or password; the first owner enrols by a link for one use.',
  sources: [
    'ASVS 5.0 V6.3.2 (no default accounts), V13.2.3 (no default credentials), V13.3.1–V13.3.2 (secrets), V13.4.2 (no debug modes)',
    'ASVS 5.0 V4.1.3 (fields of intermediaries), V3.4.2 (origins by list), V13.1.4',
    'OWASP Top 10 A05:2021 Security Misconfiguration; CWE-1188, CWE-798, CWE-732',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'The evidence names the setting, file or credential. Change it as the refusal says; a secret that was found in the tree, its history or an output is to be replaced, not only removed.',
})

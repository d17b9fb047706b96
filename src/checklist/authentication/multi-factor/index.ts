import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { createMultiFactor, type MultiFactorOptions } from './control.ts'
export type {
  Admission,
  FactorOrigin,
  FactorReset,
  Factors,
  FactorTransaction,
  FirstMethod,
  MultiFactor,
  PendingSignIn,
  TotpEnrolment,
} from './multi-factor.ts'

export const item = defineItem({
  id: 'authentication/multi-factor',
  title: 'Second factors',
  requirement:
    'Whoever holds a privileged role proves a second factor before any permission of that role takes effect, and no way of signing in leads around it.',
  sources: [
    'ASVS 5.0 V6.3.3',
    'ASVS 5.0 V6.3.6',
    'ASVS 5.0 V6.4.3',
    'ASVS 5.0 V6.4.4',
    'ASVS 5.0 V6.5.1',
    'ASVS 5.0 V6.5.2',
    'ASVS 5.0 V6.5.3',
    'ASVS 5.0 V6.5.4',
    'ASVS 5.0 V6.5.5',
    'ASVS 5.0 V6.5.6',
    'ASVS 5.0 V6.5.7',
    'ASVS 5.0 V6.5.8',
    'ASVS 5.0 V6.6.1',
    'ASVS 5.0 V6.6.2',
    'ASVS 5.0 V6.6.3',
    'ASVS 5.0 V6.6.4',
    'ASVS 5.0 V6.7.1',
    'ASVS 5.0 V6.7.2',
    'ASVS 5.0 V7.4.3',
    'ASVS 5.0 V7.5.1',
    'ASVS 5.0 V7.5.3',
    'ASVS 5.0 V10.3.4',
    'NIST SP 800-63B-4 2.2',
    'RFC 6238',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Require a second factor for owner, admin and auditor, and send every way of signing in through the same gate.',
})

import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { createGuessing, type GuessingControl, type GuessingOptions } from './control.ts'
export type { Admitted, Attempt, GuardedFlow, Guessing, GuessingHeaders } from './guessing.ts'

export const item = defineItem({
  id: 'authentication/enumeration-and-brute-force',
  title: 'Enumeration and guessing',
  requirement:
    'Nobody can tell from answers or their timing whether an account exists, and guessing a password is stopped long before it can succeed, without locking the owner out.',
  sources: [
    'ASVS 5.0 V2.4.1',
    'ASVS 5.0 V2.4.2',
    'ASVS 5.0 V6.1.1',
    'ASVS 5.0 V6.2.4',
    'ASVS 5.0 V6.2.12',
    'ASVS 5.0 V6.3.1',
    'ASVS 5.0 V6.3.5',
    'ASVS 5.0 V6.3.8',
    'ASVS 5.0 V6.5.4',
    'ASVS 5.0 V6.6.3',
    'ASVS 5.0 V6.6.4',
    'ASVS 5.0 V11.2.4',
    'ASVS 5.0 V15.3.4',
    'NIST SP 800-63B-4 3.2.2',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Give sign-in, sign-up and reset one answer for known and unknown accounts, and count failed attempts per account, address and device.',
})

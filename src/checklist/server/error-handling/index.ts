import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { createErrorHandling, type ErrorHandling, type ErrorHandlingOptions } from './control.ts'
export { CRASHED, type CrashPolicyOptions, installCrashPolicy } from './crash-policy.ts'

export const item = defineItem({
  id: 'server/error-handling',
  title: 'Errors tell nothing',
  requirement:
    'Every error is a problem reply with a stable code and an id, and nothing of the inside; its cause is in the log under that id, and the process stays sound.',
  sources: [
    'ASVS 5.0 V11.2.5',
    'ASVS 5.0 V13.4.2',
    'ASVS 5.0 V13.4.6',
    'ASVS 5.0 V16.3.4',
    'ASVS 5.0 V16.5.1',
    'ASVS 5.0 V16.5.2',
    'ASVS 5.0 V16.5.3',
    'ASVS 5.0 V16.5.4',
    'RFC 9457',
  ],
  state: 'built',
  claims,
  sabotages,
  remedy: 'Throw a Refusal for what the sender may know, and let everything else be thrown as it is.',
})

import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'monitoring/centralized-logging',
  title: 'Security events in one place',
  requirement:
    'Every security-relevant action leaves exactly one event that can not be altered or removed unnoticed, and all events arrive in one place.',
  sources: [
    'ASVS 5.0 V16.1.1',
    'ASVS 5.0 V16.2.1',
    'ASVS 5.0 V16.2.2',
    'ASVS 5.0 V16.2.3',
    'ASVS 5.0 V16.2.4',
    'ASVS 5.0 V16.2.5',
    'ASVS 5.0 V16.3.1',
    'ASVS 5.0 V16.3.2',
    'ASVS 5.0 V16.3.3',
    'ASVS 5.0 V16.3.4',
    'ASVS 5.0 V16.4.1',
    'ASVS 5.0 V16.4.2',
    'ASVS 5.0 V16.4.3',
    'OWASP Logging Vocabulary',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Configure a collector, and keep the runtime roles from changing events.',
})

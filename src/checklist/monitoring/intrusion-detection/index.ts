import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'monitoring/intrusion-detection',
  title: 'Intrusion detection and prevention',
  requirement:
    'Attacks are recognised in what is sent and how it is sent, told and stopped, while ordinary use is left alone.',
  sources: [
    'ASVS 5.0 V2.4.1',
    'ASVS 5.0 V6.3.5',
    'ASVS 5.0 V8.1.3',
    'ASVS 5.0 V8.1.4',
    'ASVS 5.0 V8.2.4',
    'ASVS 5.0 V10.4.5',
    'ASVS 5.0 V16.3.1',
    'ASVS 5.0 V16.3.2',
    'ASVS 5.0 V16.3.3',
    'ASVS 5.0 V16.3.4',
    'ASVS 5.0 V16.4.3',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Leave inspection on, and answer false alarms by an exception for the one field.',
})

import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'monitoring/log-review',
  title: 'Regular review of the logs',
  requirement: 'The events are read: by rules on a schedule, and by a person who signs for the digest.',
  sources: [
    'ASVS 5.0 V16.1.1',
    'ASVS 5.0 V16.2.1',
    'ASVS 5.0 V16.2.2',
    'ASVS 5.0 V16.2.4',
    'ASVS 5.0 V16.4.2',
    'ASVS 5.0 V16.4.3',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Schedule the review, and sign the digest off.',
})

import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'monitoring/alerting',
  title: 'Alerts for incidents',
  requirement: 'Whoever has to act learns of an incident within seconds, once, on a channel that works.',
  sources: [
    'ASVS 5.0 V3.4.7',
    'ASVS 5.0 V6.3.5',
    'ASVS 5.0 V6.3.7',
    'ASVS 5.0 V6.4.5',
    'ASVS 5.0 V8.3.2',
    'ASVS 5.0 V16.3.3',
    'ASVS 5.0 V16.3.4',
    'ASVS 5.0 V16.4.3',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Configure two channels and an escalation.',
})

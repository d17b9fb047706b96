import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'database/activity-monitoring',
  title: 'Activity monitored and logged',
  requirement:
    'What happens on the database outside of the ordinary is seen within seconds: by whom, from where, and in which shape.',
  sources: [
    'ASVS 5.0 V12.3.1',
    'ASVS 5.0 V13.1.2',
    'ASVS 5.0 V13.2.6',
    'ASVS 5.0 V16.1.1',
    'ASVS 5.0 V16.2.3',
    'ASVS 5.0 V16.3.2',
    'ASVS 5.0 V16.3.3',
    'ASVS 5.0 V16.3.4',
    'ASVS 5.0 V16.4.2',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: "Let the auditor role read the server's log and catalog.",
})

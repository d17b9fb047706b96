import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'server/up-to-date',
  title: 'Server software and libraries',
  requirement:
    'Nothing with a known vulnerability or past its end of life runs, and nothing enters the dependencies unseen.',
  sources: [
    'ASVS 5.0 V3.7.1',
    'ASVS 5.0 V15.1.1',
    'ASVS 5.0 V15.1.2',
    'ASVS 5.0 V15.1.4',
    'ASVS 5.0 V15.2.1',
    'ASVS 5.0 V15.2.4',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Update what is reported, and keep versions exact and install scripts off.',
})

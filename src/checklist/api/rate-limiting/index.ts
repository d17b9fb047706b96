import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'api/rate-limiting',
  title: 'Rate limits and throttling',
  requirement:
    'No client gets more than its share: limits hold for every route by default, over all nodes, and slow clients are cut off.',
  sources: [
    'ASVS 5.0 V2.3.2',
    'ASVS 5.0 V2.4.1',
    'ASVS 5.0 V2.4.2',
    'ASVS 5.0 V4.1.3',
    'ASVS 5.0 V4.3.1',
    'ASVS 5.0 V5.2.4',
    'ASVS 5.0 V6.1.1',
    'ASVS 5.0 V6.3.1',
    'ASVS 5.0 V6.6.3',
    'ASVS 5.0 V6.6.4',
    'ASVS 5.0 V13.1.2',
    'ASVS 5.0 V13.1.3',
    'ASVS 5.0 V13.2.6',
    'ASVS 5.0 V15.1.3',
    'ASVS 5.0 V15.2.2',
    'ASVS 5.0 V15.3.4',
    'ASVS 5.0 V15.4.4',
    'RFC 6585 4',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Leave the default limits on, and give expensive routes a cost.',
})

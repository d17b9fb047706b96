import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'data/validate-before-database',
  title: 'Validation before the database',
  requirement:
    'Nothing reaches the database unchecked, and the database itself refuses what a route should have refused.',
  sources: [
    'ASVS 5.0 V1.4.2',
    'ASVS 5.0 V2.1.1',
    'ASVS 5.0 V2.1.2',
    'ASVS 5.0 V2.1.3',
    'ASVS 5.0 V2.2.1',
    'ASVS 5.0 V2.2.2',
    'ASVS 5.0 V2.2.3',
    'ASVS 5.0 V2.3.1',
    'ASVS 5.0 V2.3.2',
    'ASVS 5.0 V2.3.3',
    'ASVS 5.0 V2.3.4',
    'ASVS 5.0 V15.3.3',
    'ASVS 5.0 V15.3.5',
    'ASVS 5.0 V15.4.2',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy:
    'Bound every column, make it NOT NULL unless absence means something, and keep route schemas no wider than the columns they write.',
})

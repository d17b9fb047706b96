import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'server/unnecessary-features',
  title: "Nothing that isn't needed",
  requirement:
    'Only declared listeners, methods and routes answer, and the server process can not read, spawn or load what it has no need for.',
  sources: [
    'ASVS 5.0 V3.5.6',
    'ASVS 5.0 V4.1.4',
    'ASVS 5.0 V4.3.2',
    'ASVS 5.0 V6.3.2',
    'ASVS 5.0 V13.4.1',
    'ASVS 5.0 V13.4.2',
    'ASVS 5.0 V13.4.3',
    'ASVS 5.0 V13.4.4',
    'ASVS 5.0 V13.4.5',
    'ASVS 5.0 V13.4.6',
    'ASVS 5.0 V13.4.7',
    'ASVS 5.0 V15.1.5',
    'ASVS 5.0 V15.2.3',
    'ASVS 5.0 V15.2.5',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Remove what is not needed, and start the server with the permissions it has by default.',
})

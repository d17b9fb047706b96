import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'database/strong-passwords',
  title: 'Strong, unique account passwords',
  requirement:
    'Each database role has a generated password of its own, that crosses no statement or log and is rotated while running.',
  sources: [
    'ASVS 5.0 V12.3.1',
    'ASVS 5.0 V13.1.4',
    'ASVS 5.0 V13.2.1',
    'ASVS 5.0 V13.2.3',
    'ASVS 5.0 V13.3.1',
    'ASVS 5.0 V13.3.2',
    'ASVS 5.0 V13.3.4',
  ],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Let Holdfast generate the passwords, and remove trust and md5 lines from the server.',
})

import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'uploads/unique-names',
  title: 'Unpredictable names',
  requirement: 'Stored names are random, and never made of what the user sent; no upload replaces another.',
  sources: ['ASVS 5.0 V5.3.2', 'ASVS 5.0 V5.3.3', 'ASVS 5.0 V5.4.1', 'ASVS 5.0 V5.4.2'],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: "Store by random name, and keep the user's name as data.",
})

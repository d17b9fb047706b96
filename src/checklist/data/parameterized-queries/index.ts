import { defineItem } from '../../../kernel/item.ts'

export const item = defineItem({
  id: 'data/parameterized-queries',
  title: 'Bound parameters only',
  requirement: 'Every value travels to the database as a bind parameter; no statement text ever contains one.',
  sources: ['ASVS 5.0 V1.2.4', 'ASVS 5.0 V1.3.3', 'ASVS 5.0 V15.3.5'],
  state: 'not-built',
  claims: [],
  sabotages: [],
  remedy: 'Replace concatenated SQL by bind parameters or the typed builder.',
})

import { defineItem } from '../../../kernel/item.ts'
import { claims } from './probe.ts'
import { sabotages } from './sabotage.ts'

export { control, type DatabaseLeastPrivilege } from './control.ts'

export const item = defineItem({
  id: 'database/least-privilege',
  title: 'Database accounts with least privilege',
  requirement:
    'The application reaches the database as a role that may do what its handlers need, row by row and column by column, and nothing else; each other task has a role of its own.',
  sources: ['ASVS 5.0 V8.4.1', 'ASVS 5.0 V13.2.2', 'ASVS 5.0 V13.3.2', 'CIS PostgreSQL Benchmark 4'],
  state: 'built',
  claims,
  sabotages,
  remedy:
    'Run `holdfast migrate`, which puts roles, grants and policies back; what it names and leaves is for a migration.',
})

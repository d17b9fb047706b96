import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { getConstructionPlans } from 'pg-boss'
import { SCHEMA } from './queues.ts'

test('the migration of the queue makes what the installed pg-boss would make, but for the partitions of its statistics', async () => {
  const migration = await readFile(new URL('../../../migrations/0005_jobs.sql', import.meta.url), 'utf8')
  const [, ours = ''] = /-- pg-boss, from here\n([\s\S]*)-- pg-boss, up to here/.exec(migration) ?? []
  const plan = getConstructionPlans(SCHEMA, { createSchema: false })
  const theirs = plan
    .slice(plan.indexOf('CREATE TYPE'), plan.lastIndexOf('COMMIT'))
    .replace(/DO \$\$[\s\S]*?queue_stats[\s\S]*?END;\s*\$\$/, '')
  // A newer pg-boss wants another schema: then write the next migration, from its `getMigrationPlans`.
  assert.deepEqual(statements(ours), statements(theirs))
})

/** Without white space, which says nothing, and without statements that are empty. */
const statements = (sql: string): readonly string[] =>
  sql
    .replace(/\s+/g, ' ')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

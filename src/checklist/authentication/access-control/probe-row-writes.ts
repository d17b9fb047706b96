import { randomUUID } from 'node:crypto'
import type { SurfaceTable } from '../../../kernel/surface.ts'
import { attempt, type Bench, belongsTo, identityOf, nothing, type Question } from './probe-row-attempt.ts'
import { keyOf, nameOf, type OwnedRow, quoted } from './probe-rows.ts'

/** Updates, deletions and insertions under one's own identity, each taken back. */
export async function proveWrites(bench: Bench): Promise<void> {
  const { table, cast, mine, colleagues, foreign, say } = bench
  const my = writerOf(bench)
  const ask = (...question: Question) => attempt(bench.connection, my, question)
  const key = quoted(keyOf(table))
  const fixed = [table.owner, table.tenant, table.parent?.column]
  const plain = table.columns.find(({ name, primary, generated }) => !primary && !generated && !fixed.includes(name))
  const change = (row: OwnedRow, column: string): Promise<string> =>
    ask(`update ${nameOf(table)} set ${quoted(column)} = ${quoted(column)} where ${key}::text = $1`, [row.key])
  if (plain !== undefined) say('positive', 'changing my row', await change(mine, plain.name), 'rows')
  // Nobody's row in particular is not one's own to take away.
  if (bench.root.owner === undefined) {
    const away = await attempt(bench.connection, identityOf(cast.me, 'own'), [
      `delete from ${nameOf(table)} where ${key}::text = $1`,
      [mine.key],
    ])
    say('negative', "deleting my tenant's row, with my identity @own", nothing(away), 'nothing')
  }

  for (const [what, row, who] of [
    ["a colleague's row", colleagues, cast.colleague],
    ["another tenant's row", foreign, cast.foreigner],
  ] as const) {
    if (row === undefined || belongsTo(row, cast.me)) continue
    if (plain !== undefined) say('negative', `changing ${what}`, nothing(await change(row, plain.name)), 'nothing')
    const remove = `delete from ${nameOf(table)} where ${key}::text = $1`
    say('negative', `deleting ${what}`, nothing(await ask(remove, [row.key])), 'nothing')
    // Without a condition PostgreSQL asks the policy for deleting alone, not the one for seeing as well.
    const all = [`delete from ${nameOf(table)}`] as const
    const left = [`select 1 from ${nameOf(table)} where ${key}::text = $1`, [row.key]] as const
    const after = await attempt(bench.connection, my, all, { as: identityOf(who, 'own'), ask: left })
    // What another table refers to can't go (23001, before PostgreSQL 18 23503), and the statement with it.
    const stays = ['refused 23001', 'refused 23503'].includes(after)
    say('negative', `${what}, after I delete everything`, stays ? 'rows' : after, 'rows')
    say('negative', `inserting beside ${what}`, await besides(bench, row, identityOf(who, 'own')), 'nothing')
    for (const column of [table.owner, table.tenant]) {
      if (column === undefined || row.columns[column] === mine.columns[column]) continue
      const give = `update ${nameOf(table)} set ${quoted(column)} = $2 where ${key}::text = $1`
      const gone = await ask(give, [mine.key, row.columns[column]])
      say('negative', `giving my row away by its ${column}`, nothing(gone), 'nothing')
    }
  }
}

/** Rows without an owner belong to the tenant, and its scope writes them; all others are written at the smallest scope. */
const writerOf = ({ root, cast }: Bench): string => identityOf(cast.me, root.owner === undefined ? 'tenant' : 'own')

/**
 * A copy of my own row, said to belong where another one does; judged by whether the other's owner then sees it, since the database
 * may also put the right owner in by itself.
 */
async function besides(bench: Bench, row: OwnedRow, theirs: string): Promise<string> {
  const { connection, table, mine } = bench
  // Columns the database computes are left to it.
  const columns = table.columns.filter(({ generated, primary }) => !generated || primary)
  const given = columns.map(({ name }) => quoted(name)).join(', ')
  const forged: Record<string, unknown> = { ...mine.columns }
  for (const column of [table.owner, table.tenant, table.parent?.column]) {
    if (column !== undefined) forged[column] = row.columns[column]
  }
  const keys = table.columns.filter(({ primary }) => primary)
  const fresh = keys.length === 1 && keys[0]?.type === 'uuid' ? randomUUID() : undefined
  if (fresh !== undefined) forged[keyOf(table)] = fresh
  const insert: Question = [
    `insert into ${nameOf(table)} (${given}) select ${given} from jsonb_populate_record(null::${nameOf(table)}, $1::jsonb)`,
    [JSON.stringify(forged)],
  ]
  const seen: Question = [`select 1 from ${nameOf(table)} where ${quoted(keyOf(table))}::text = $1`, [fresh]]
  const then = fresh === undefined ? [] : [{ as: theirs, ask: seen }]
  return nothing(await attempt(connection, writerOf(bench), insert, ...then))
}

/** Whoever could lend themselves somebody else's row would need no other way in. */
export async function proveLending(bench: Bench, share: SurfaceTable): Promise<void> {
  const { connection, table, cast, mine, colleagues, say } = bench
  if (colleagues === undefined) return
  const { me, colleague } = cast
  const columns = [table.name, share.owner ?? 'owner', share.tenant ?? 'tenant', 'grantee', 'access']
  const places = `(${columns.map(quoted).join(', ')}) values ($1, $2, $3, $4, $5)`
  const lend = (row: OwnedRow, owner: string, grantee: string, access = 'read'): Question => [
    `insert into ${nameOf(share)} ${places}`,
    [row.key, owner, me.tenantId, grantee, access],
  ]
  const my = identityOf(me, 'own')
  const read: Question = [`select 1 from ${nameOf(table)} where ${quoted(keyOf(table))}::text = $1`, [mine.key]]
  const then = { as: identityOf(colleague, 'own'), ask: read }
  const lent = await attempt(connection, my, lend(mine, me.accountId, colleague.accountId), then)
  say('positive', 'my row, lent to a colleague, with their identity', lent, 'rows')

  const key = quoted(keyOf(table))
  const takeBack: Question = [`delete from ${nameOf(share)} where ${quoted(table.name)}::text = $1`, [mine.key]]
  const back = await attempt(
    connection,
    my,
    lend(mine, me.accountId, colleague.accountId),
    { as: my, ask: takeBack },
    then,
  )
  say('negative', 'my row, lent and taken back, with their identity', nothing(back), 'nothing')
  const fixed = [table.owner, table.tenant]
  const plain = table.columns.find(({ name, primary, generated }) => !primary && !generated && !fixed.includes(name))
  const by = identityOf(colleague, 'own')
  const remove: Question = [`delete from ${nameOf(table)} where ${key}::text = $1`, [mine.key]]
  for (const access of ['read', 'write']) {
    const lending = lend(mine, me.accountId, colleague.accountId, access)
    const removed = await attempt(connection, my, lending, { as: by, ask: remove })
    say('negative', `deleting my row, lent to ${access}, with their identity`, nothing(removed), 'nothing')
    if (plain === undefined) continue
    const name = quoted(plain.name)
    const change: Question = [`update ${nameOf(table)} set ${name} = ${name} where ${key}::text = $1`, [mine.key]]
    const changed = await attempt(connection, my, lending, { as: by, ask: change })
    if (access === 'write') say('positive', 'changing my row, lent to write, with their identity', changed, 'rows')
    else say('negative', 'changing my row, lent to read, with their identity', nothing(changed), 'nothing')
  }

  const theirs: Question = [read[0], [colleagues.key]]
  for (const [what, owner] of [
    ["in its owner's name", colleague.accountId],
    ['in my own name', me.accountId],
  ] as const) {
    const saw = await attempt(connection, my, lend(colleagues, owner, me.accountId), { as: my, ask: theirs })
    // The key that ties a share to its row's true owner may be what refuses it (23503).
    const came = saw === 'refused 23503' ? 'nothing' : nothing(saw)
    say('negative', `lending a colleague's row to myself ${what}, and reading it`, came, 'nothing')
  }
}

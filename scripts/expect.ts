import { readFileSync } from 'node:fs'

/**
 * `npm run expect -- verdicts FILE`: `check --json` said exactly what test/expected-verdicts.json expects.
 * `npm run expect -- sabotages FILE`: every sabotage was caught, with no collateral, and each built item has enough of them.
 */
const [what, file = ''] = process.argv.slice(2)
const expected: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(new URL('../test/expected-verdicts.json', import.meta.url), 'utf8'),
)
const kinds: Readonly<Record<string, () => string[]>> = { verdicts, sabotages }
const judge = file === '' ? undefined : kinds[what ?? '']
const wrong = judge?.() ?? ['usage: npm run expect -- verdicts FILE | sabotages FILE']
for (const line of wrong) console.error(line)
if (wrong.length === 0) console.log(`${what}: as expected`)
process.exitCode = wrong.length === 0 ? 0 : 1

interface Expected {
  readonly verdict: string
  /** What an unproved item waits for. */
  readonly reason?: string
}

function verdicts(): string[] {
  const { items } = read<{
    readonly items: readonly { readonly id: string; readonly verdict: string; readonly reason: string }[]
  }>()
  const wrong: string[] = []
  for (const { id, verdict, reason } of items) {
    const wanted = expected[id]
    if (wanted === undefined) wrong.push(`${id}: ${verdict}, but no verdict is expected`)
    else if (wanted.verdict !== verdict) wrong.push(`${id}: ${verdict} (${reason}), expected ${wanted.verdict}`)
    else if (wanted.reason !== undefined && !reason.includes(wanted.reason))
      wrong.push(`${id}: ${reason}, expected ${wanted.reason}`)
  }
  for (const id of Object.keys(expected)) if (!items.some((item) => item.id === id)) wrong.push(`${id}: missing`)
  return wrong
}

function sabotages(): string[] {
  const { sabotages } = read<{
    readonly sabotages: readonly {
      readonly item: string
      readonly name: string
      readonly caught: boolean
      readonly collateral: readonly string[]
    }[]
  }>()
  const wrong = sabotages.flatMap(({ item, name, caught, collateral }) => [
    ...(caught ? [] : [`${item} ${name}: not caught`]),
    ...collateral.map((other) => `${item} ${name}: ${other} turned too`),
  ])
  for (const [id, { verdict }] of Object.entries(expected)) {
    const count = sabotages.filter(({ item }) => item === id).length
    if (verdict === 'holds' && count < 3) wrong.push(`${id}: ${count} sabotages, at least 3 were expected`)
  }
  return wrong
}

function read<T>(): T {
  return JSON.parse(readFileSync(file, 'utf8'))
}

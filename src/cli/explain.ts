import { CHECKLIST } from '../checklist/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'

/** Says what an item asks, from where it comes, what proves it and what has been seen to break it. */
export const explain: Command = {
  help: `holdfast explain SECTION/ITEM [--json]

Prints the item's requirement, its sources, the claims that prove it and the sabotages they catch.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'explain',
      options: { json: { type: 'boolean', default: false } },
      most: 1,
    })
    const item = CHECKLIST.find(({ id }) => id === positionals[0])
    if (item === undefined) throw unknownItem(positionals[0])
    const { claims, sabotages, ...rest } = item
    if (values.json) {
      const described = {
        ...rest,
        claims: claims.map(({ id, says, level, byHand }) => ({ id, says, level, byHand })),
        sabotages: sabotages.map(({ name, fault, leaves, caughtBy }) => ({ name, fault, leaves, caughtBy })),
      }
      process.stdout.write(`${JSON.stringify(described, null, 2)}\n`)
      return 0
    }
    const lines = [
      `${item.title} (${item.id})`,
      '',
      item.requirement,
      `Sources: ${item.sources.join(', ')}`,
      `When broken: ${item.remedy}`,
      '',
      ...(item.state === 'not-built' ? ['Not built yet: check says unproved.'] : []),
      ...claims.flatMap(({ id, says, byHand }) => [`  ${id}: ${says}`, `    by hand: ${byHand}`]),
      ...(sabotages.length === 0 ? [] : ['', 'Seen to fail when:']),
      ...sabotages.map(({ fault }) => `  ${fault}`),
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  },
}

/** Names the items that were perhaps meant; all of them where none is like it. */
function unknownItem(name: string | undefined): StartRefusal {
  const ids = CHECKLIST.map(({ id }) => id)
  const asked = wordsOf(name ?? '')
  const likeness = (id: string): number =>
    asked.filter((word) => wordsOf(id).some((own) => own.startsWith(word) || word.startsWith(own))).length
  const most = Math.max(...ids.map(likeness))
  if (name === undefined || most === 0)
    return new StartRefusal(name ?? 'explain', `name one of the items: ${ids.join(', ')}`)
  return new StartRefusal(name, `is no item; perhaps ${ids.filter((id) => likeness(id) === most).join(', or ')}`)
}

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 2 && word !== 'and')

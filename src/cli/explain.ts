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
    if (item === undefined) {
      throw new StartRefusal(
        positionals[0] ?? 'explain',
        `name one of the items: ${CHECKLIST.map(({ id }) => id).join(', ')}`,
      )
    }
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

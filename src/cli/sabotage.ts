import { runSabotage } from '../check/sabotage-command.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { PROOF_OPTIONS, withProof } from './proof-command.ts'

/** Plants every fault in a twin of its own and sees whether its proof fails. */
export const sabotage: Command = {
  help: `holdfast sabotage [APPLICATION] [options]

Plants each realistic fault in a twin of its own: the item's proof must turn broken (caught), and other items that look
from the same places must stay as they were (no false alarm).

  --item SECTION/ITEM   only this item; may be given several times
  --section SECTION     only this section; may be given several times, but not beside --item
  --verbose             what each proof saw
  --json                print JSON, and nothing else, on standard output
  --state DIRECTORY     where the record is kept (default HOLDFAST_STATE, else .holdfast)

Exit codes: 0 all caught · 1 one was missed, or a false alarm · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, { command: 'sabotage', options: PROOF_OPTIONS, most: 1 })
    return withProof({ application: positionals[0], values }, ({ options }) =>
      runSabotage({ ...options, json: values.json }),
    )
  },
}

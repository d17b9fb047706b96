import { parseArgs } from 'node:util'
import { definitionHash } from '../backend/definition-hash.ts'
import { openStateDirectory } from '../backend/state-directory.ts'
import { twinBuilder } from '../backend/twin/twin-builder.ts'
import { runSabotage } from '../check/sabotage-command.ts'
import { CHECKLIST } from '../checklist/index.ts'
import { systemClock } from '../kernel/time.ts'
import { applicationPath, type Command, checkoutRoot, loadDefinition, lockFileHash } from './command.ts'

/** Plants every fault in a twin of its own and sees whether its proof fails. */
export const sabotage: Command = {
  help: `holdfast sabotage [APPLICATION] [options]

Plants each realistic fault in a twin of its own: the item's proof must turn broken (caught), and other items that look
from the same places must stay as they were (no false alarm).

  --item SECTION/ITEM   only this item
  --section SECTION     only this section
  --verbose             what each proof saw
  --json                print JSON, and nothing else, on standard output
  --state DIRECTORY     where the record is kept (default .holdfast)

Exit codes: 0 all caught · 1 one was missed, or a false alarm · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        item: { type: 'string' },
        section: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        state: { type: 'string', default: '.holdfast' },
      },
    })
    const application = applicationPath(positionals[0])
    const definition = await loadDefinition(application)
    const state = openStateDirectory(values.state)
    const root = checkoutRoot(application)
    const twins = twinBuilder(definition, application)
    try {
      return await runSabotage({
        backend: definition.title,
        items: CHECKLIST,
        buildTwin: twins.build,
        definitionHash: definitionHash(definition),
        lockHash: lockFileHash(application),
        ...(root === undefined ? {} : { root }),
        stateDirectory: state.root,
        ...(values.item === undefined ? {} : { item: values.item }),
        ...(values.section === undefined ? {} : { section: values.section }),
        verbose: values.verbose,
        json: values.json,
        stdout: process.stdout,
        stderr: process.stderr,
        environment: process.env,
        clock: systemClock,
      })
    } finally {
      await twins.close()
    }
  },
}

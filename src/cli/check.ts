import { parseArgs } from 'node:util'
import { definitionHash } from '../backend/definition-hash.ts'
import { inspectOriginal } from '../backend/original.ts'
import { openStateDirectory } from '../backend/state-directory.ts'
import { twinBuilder } from '../backend/twin/twin-builder.ts'
import { runCheck } from '../check/check.ts'
import { CHECKLIST } from '../checklist/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import { applicationPath, type Command, checkoutRoot, loadDefinition, lockFileHash } from './command.ts'

const FORMS = ['json', 'markdown', 'html', 'sarif', 'junit'] as const

/** Attacks a twin of the backend, inspects the original, and prints the checklist. */
export const check: Command = {
  help: `holdfast check [APPLICATION] [options]

Builds a twin of the backend (own database, own keys, free ports), attacks it, inspects the original read-only, and prints
the thirty items with their verdicts and evidence.

  --item SECTION/ITEM   only this item
  --section SECTION     only this section
  --original            only inspect the deployed backend
  --verbose             every claim with its evidence and how to repeat it by hand
  --json --markdown --html --sarif --junit
                        print this form, and nothing else, on standard output
  --write FILE          also write a report: .md .json .html .sarif .xml
  --state DIRECTORY     state directory of the original (default .holdfast)

Exit codes: 0 all hold · 1 something broken · 2 something unproved and not waived · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        item: { type: 'string' },
        section: { type: 'string' },
        original: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        write: { type: 'string' },
        state: { type: 'string', default: '.holdfast' },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        html: { type: 'boolean', default: false },
        sarif: { type: 'boolean', default: false },
        junit: { type: 'boolean', default: false },
      },
    })
    const forms = FORMS.filter((form) => values[form])
    if (forms.length > 1)
      throw new StartRefusal(`--${forms[1]}`, `standard output can hold one form; --${forms[0]} was asked for too`)
    const application = applicationPath(positionals[0])
    const definition = await loadDefinition(application)
    const state = openStateDirectory(values.state)
    const root = checkoutRoot(application)
    const twins = twinBuilder(definition, application)
    try {
      return await runCheck({
        backend: definition.title,
        items: CHECKLIST,
        buildTwin: twins.build,
        inspectOriginal: () => inspectOriginal(definition, state),
        definitionHash: definitionHash(definition),
        lockHash: lockFileHash(application),
        ...(root === undefined ? {} : { root }),
        stateDirectory: state.root,
        ...(values.item === undefined ? {} : { item: values.item }),
        ...(values.section === undefined ? {} : { section: values.section }),
        original: values.original,
        verbose: values.verbose,
        ...(forms[0] === undefined ? {} : { form: forms[0] }),
        ...(values.write === undefined ? {} : { write: values.write }),
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

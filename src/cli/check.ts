import { inspectOriginal } from '../backend/original.ts'
import { runCheck } from '../check/check.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { PROOF_OPTIONS, withProof } from './proof-command.ts'

const FORMS = ['json', 'markdown', 'html', 'sarif', 'junit'] as const

/** Attacks a twin of the backend, inspects the original, and prints the checklist. */
export const check: Command = {
  help: `holdfast check [APPLICATION] [options]

Builds a twin of the backend (own database, own keys, free ports), attacks it, inspects the original read-only, and prints
the thirty items with their verdicts and evidence.

  --item SECTION/ITEM   only this item; may be given several times
  --section SECTION     only this section; may be given several times, but not beside --item
  --original            only inspect the deployed backend
  --verbose             every claim with its evidence and how to repeat it by hand
  --json --markdown --html --sarif --junit
                        print this form, and nothing else, on standard output
  --write FILE          also write a report: .md .json .html .sarif .xml
  --state DIRECTORY     state directory of the original (default HOLDFAST_STATE, else .holdfast)

Exit codes: 0 all hold · 1 something broken · 2 something unproved and not waived · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'check',
      options: {
        ...PROOF_OPTIONS,
        original: { type: 'boolean', default: false },
        write: { type: 'string' },
        markdown: { type: 'boolean', default: false },
        html: { type: 'boolean', default: false },
        sarif: { type: 'boolean', default: false },
        junit: { type: 'boolean', default: false },
      },
      most: 1,
    })
    const forms = FORMS.filter((form) => values[form])
    if (forms.length > 1)
      throw new StartRefusal(`--${forms[1]}`, `standard output can hold one form; --${forms[0]} was asked for too`)
    return withProof({ application: positionals[0], values }, ({ definition, state, options }) =>
      runCheck({
        ...options,
        inspectOriginal: () => inspectOriginal(definition, state),
        original: values.original,
        ...(forms[0] === undefined ? {} : { form: forms[0] }),
        ...(values.write === undefined ? {} : { write: values.write }),
      }),
    )
  },
}

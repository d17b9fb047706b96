import { killAgainAndAgain } from '../backend/torture/kill-loop.ts'
import { readTorturePart, runTorture } from '../check/torture.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { readArguments } from './arguments.ts'
import { applicationPath, type Command } from './command.ts'
import { withProof } from './proof-command.ts'

/** What takes hours: the long counts of claims, all bystanders of every sabotage, kills and generated input. */
export const torture: Command = {
  help: `holdfast torture [APPLICATION] [options]

What check and sabotage leave out because it takes hours:

  fuzz       requests changed at random against every route that takes something (200,000)
  kill       kill -9 of server, worker, hasher, PostgreSQL and supervisor in the middle of writes (200 times): everything
             that was acknowledged must be there
  claims     the claims about twins with their long counts (times compared over 5,000 + 5,000 tries)
  sabotage   every sabotage, with all claims of all other items looking on

  --only PART           only this part; may be given several times
  --item SECTION/ITEM   claims, fuzz and sabotage of this item alone; may be given several times
  --section SECTION     the same for a section, but not beside --item
  --seed NUMBER         the choices of fuzz and kill (default: any; it is printed)
  --scale FACTOR        of the long counts, to see whether it runs: 0.01 (default 1)
  --minutes NUMBER      begin nothing further after so many; what was not tried is said, and ends with exit code 2
  --verbose             every claim with its evidence
  --state DIRECTORY     where the record is kept (default HOLDFAST_STATE, else .holdfast)

Exit codes: 0 all is well · 1 something broke, was missed or was lost · 2 something was not tried · 3 could not run.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'torture',
      options: {
        only: { type: 'string', multiple: true },
        item: { type: 'string', multiple: true },
        section: { type: 'string', multiple: true },
        seed: { type: 'string' },
        scale: { type: 'string' },
        minutes: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        state: { type: 'string' },
      },
      most: 1,
    })
    const { seed, minutes } = values
    const chosen = {
      only: (values.only ?? []).map(readTorturePart),
      scale: numberOf('--scale', values.scale ?? '1', /^\d{1,2}(\.\d{1,6})?$/, 'a factor such as 0.01'),
      ...(seed === undefined ? {} : { seed: numberOf('--seed', seed, /^\d{1,10}$/, 'a number below 4294967296') }),
      ...(minutes === undefined ? {} : { minutes: numberOf('--minutes', minutes, /^\d{1,5}$/, 'a whole number') }),
    }
    return withProof({ application: positionals[0], values }, ({ definition, options }) =>
      runTorture({
        ...options,
        ...chosen,
        kill: (run) => killAgainAndAgain({ ...run, definition, application: applicationPath(positionals[0]) }),
      }),
    )
  },
}

/** @throws {@link StartRefusal} that names the option and says what would be right. */
function numberOf(option: string, text: string, form: RegExp, right: string): number {
  const number = Number(text)
  if (form.test(text) && number < 2 ** 32 && (option === '--seed' || number > 0)) return number
  throw new StartRefusal(option, `is ${JSON.stringify(text)}; right would be ${right}`)
}

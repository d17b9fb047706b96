import { StartRefusal } from '../kernel/refusal.ts'
import { type CommandOptions, print, runInterruptibly, selectItems, wantsColour } from './command.ts'
import { openStores } from './history.ts'
import { claimProgress, showProgress } from './progress.ts'
import { sabotageExitCode, sabotageJson, sabotageText } from './report/sabotage-report.ts'
import { runSabotages, type SabotageOutcome } from './sabotage.ts'

export interface SabotageOptions extends CommandOptions {
  /** Standard output holds the JSON and nothing else. */
  readonly json?: boolean
}

/** `holdfast sabotage`: 0 all caught, no false alarm · 1 otherwise · 3 could not run. */
export function runSabotage(options: SabotageOptions): Promise<0 | 1 | 3> {
  return runInterruptibly(options.stderr, async (signal) => {
    const started = performance.now()
    const { clock, definitionHash, lockHash } = options
    const store = openStores(options.stateDirectory, options.signer).sabotage
    await store.prepare()
    const sourceHash = await options.sourceHash()
    const outcomes = await sabotage(options, signal)
    if (outcomes.length > 0)
      await store.append({ at: clock.now(), definitionHash, lockHash, sourceHash, entries: outcomes })
    const text = options.json
      ? `${JSON.stringify(sabotageJson(outcomes), null, 2)}\n`
      : sabotageText(outcomes, {
          colour: wantsColour(options),
          verbose: options.verbose ?? false,
          milliseconds: performance.now() - started,
        })
    await print(options.stdout, text)
    return sabotageExitCode(outcomes)
  })
}

async function sabotage(options: SabotageOptions, signal: AbortSignal): Promise<readonly SabotageOutcome[]> {
  const selected = selectItems(options).filter((item) => item.state === 'built')
  if (selected.length === 0)
    throw new StartRefusal('sabotage', 'none of the selected items is built, so nothing can be planted')
  const total = selected.reduce((sum, item) => sum + item.sabotages.length, 0)
  const now = (): number => performance.now()
  const before = showProgress({ stream: options.stderr, unit: 'claim', now })
  const planting = showProgress({ stream: options.stderr, unit: 'sabotage', now })
  let planned = false
  try {
    return await runSabotages({
      items: options.items,
      selected,
      buildTwin: options.buildTwin,
      clock: options.clock,
      signal,
      progress: claimProgress(before),
      planting(item, name) {
        if (!planned) {
          before.end()
          planting.plan(total)
        }
        planned = true
        planting.started(`${item} ${name}`)
      },
      planted(outcome) {
        const fine = outcome.caught && outcome.collateral.length === 0
        const trouble = outcome.caught ? `false alarm: ${outcome.alarms.join('; ')}` : `MISSED: ${outcome.reason}`
        planting.ended(
          `${outcome.item} ${outcome.name}`,
          fine ? undefined : `${outcome.item} ${outcome.name}: ${trouble}`,
        )
      },
      ...(options.root !== undefined && { repository: { root: options.root } }),
    })
  } finally {
    before.end()
    planting.end()
  }
}

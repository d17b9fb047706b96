import type { Item } from '../kernel/item.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { type CommandOptions, print, runInterruptibly, selectItems, wantsColour } from './command.ts'
import { openStores } from './history.ts'
import { claimProgress, showProgress } from './progress.ts'
import { sabotageExitCode, sabotageJson, sabotageText } from './report/sabotage-report.ts'
import { runSabotages, type SabotageOutcome, type SabotageRunOptions } from './sabotage.ts'

export interface SabotageOptions extends CommandOptions {
  /** Standard output holds the JSON and nothing else. */
  readonly json?: boolean
}

/** `holdfast sabotage`: 0 all caught, no false alarm · 1 otherwise · 3 could not run. */
export function runSabotage(options: SabotageOptions): Promise<0 | 1 | 3> {
  return runInterruptibly(options.stderr, async (signal) => {
    const started = performance.now()
    const { outcomes } = await sabotage(options, signal)
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

/** Plants the sabotages of the selected items that are built, and stores what came of it. @returns also how many there are in all. */
export async function sabotage(
  options: CommandOptions,
  signal: AbortSignal,
  how: Pick<SabotageRunOptions, 'everywhere' | 'effort'> = {},
): Promise<{ readonly outcomes: readonly SabotageOutcome[]; readonly total: number }> {
  const { clock, definitionHash, lockHash } = options
  const selected = selectItems(options).filter((item) => item.state === 'built')
  if (selected.length === 0)
    throw new StartRefusal('sabotage', 'none of the selected items is built, so nothing can be planted')
  const store = openStores(options.stateDirectory, options.signer).sabotage
  await store.prepare()
  const sourceHash = await options.sourceHash()
  const total = selected.reduce((sum, item) => sum + item.sabotages.length, 0)
  const outcomes = await plantShowing(options, selected, total, signal, how)
  if (outcomes.length > 0)
    await store.append({ at: clock.now(), definitionHash, lockHash, sourceHash, entries: outcomes })
  return { outcomes, total }
}

async function plantShowing(
  options: CommandOptions,
  selected: readonly Item[],
  total: number,
  signal: AbortSignal,
  how: Pick<SabotageRunOptions, 'everywhere' | 'effort'>,
): Promise<readonly SabotageOutcome[]> {
  const now = (): number => performance.now()
  const before = showProgress({ stream: options.stderr, unit: 'claim', now })
  const planting = showProgress({ stream: options.stderr, unit: 'sabotage', now })
  let planned = false
  try {
    return await runSabotages({
      ...how,
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

import type { SabotageOutcome } from '../sabotage.ts'

/** What `sabotage --json` prints. Stable: fields are added, never changed or taken away. */
export interface SabotageJson {
  readonly sabotages: readonly {
    readonly item: string
    readonly name: string
    readonly caught: boolean
    /** Items that turned although the fault is not theirs. */
    readonly collateral: readonly string[]
  }[]
}

export const sabotageJson = (outcomes: readonly SabotageOutcome[]): SabotageJson => ({
  sabotages: outcomes.map(({ item, name, caught, collateral }) => ({ item, name, caught, collateral })),
})

export interface SabotageTextOptions {
  readonly colour: boolean
  /** The faults in words and what the claims saw. */
  readonly verbose?: boolean
  readonly milliseconds: number
}

/** The matrix for a terminal: a line per sabotage, by item. */
export function sabotageText(outcomes: readonly SabotageOutcome[], options: SabotageTextOptions): string {
  const sgr = (code: number, text: string): string => (options.colour ? `\x1b[${code}m${text}\x1b[0m` : text)
  const lines: string[] = []
  for (const [item, planted] of Map.groupBy(outcomes, (outcome) => outcome.item)) {
    lines.push('', sgr(1, item))
    for (const outcome of planted) {
      const word = outcome.caught ? sgr(32, 'caught') : sgr(31, 'MISSED')
      const by = outcome.caught
        ? `by ${outcome.brokenClaims.join(', ')}`
        : `${outcome.before} → ${outcome.after}: ${outcome.reason}`
      lines.push(`   ${word}  ${outcome.name.padEnd(NAME)} ${outcome.leaves.padEnd(8)} ${by}`)
      if (options.verbose || !outcome.caught) lines.push(sgr(2, `           ${outcome.fault}`))
      if (options.verbose && outcome.caught) lines.push(sgr(2, `           ${outcome.reason}`))
      for (const alarm of outcome.alarms) lines.push(sgr(33, `           false alarm: ${alarm}`))
    }
  }
  const caught = outcomes.filter((outcome) => outcome.caught).length
  const collateral = outcomes.filter((outcome) => outcome.collateral.length > 0).length
  const seconds = (options.milliseconds / 1000).toFixed(1)
  lines.push(
    '',
    `${sgr(1, `${caught} of ${outcomes.length} caught · ${collateral} with false alarms`)}   ${seconds} s`,
    '',
  )
  return `${lines.join('\n')}\n`
}

/** 0 all caught and no false alarm · 1 otherwise. */
export const sabotageExitCode = (outcomes: readonly SabotageOutcome[]): 0 | 1 =>
  outcomes.every((outcome) => outcome.caught && outcome.collateral.length === 0) ? 0 : 1

const NAME = 38

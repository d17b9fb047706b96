import { choicesOf } from '../kernel/choices.ts'
import type { Claim } from '../kernel/claim.ts'
import { checkEffort, type Effort, tortureEffort } from '../kernel/effort.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { minutes } from '../kernel/time.ts'
import { check } from './check.ts'
import { type CommandOptions, print, runInterruptibly, selectItems, wantsColour } from './command.ts'
import { anySeed } from './context.ts'
import { showProgress } from './progress.ts'
import { count } from './prove.ts'
import { exitCode, tallyText } from './report/report.ts'
import { sabotageExitCode, sabotageText } from './report/sabotage-report.ts'
import { textReport } from './report/text.ts'
import { type PartReport, tortureText } from './report/torture-report.ts'
import { sabotage } from './sabotage-command.ts'
import { targetOf } from './twin.ts'

/** What torture is made of, in the order it is run. */
export const TORTURE_PARTS = ['fuzz', 'kill', 'claims', 'sabotage'] as const
export type TorturePart = (typeof TORTURE_PARTS)[number]

export interface TortureOptions extends CommandOptions {
  /** Only these parts. None: all. */
  readonly only: readonly TorturePart[]
  /** 32 bits. Absent: any, which is printed. */
  readonly seed?: number
  /** Of the long counts; 1 is all of them. */
  readonly scale: number
  /** After so many nothing further is begun. Absent: it takes as long as it takes. */
  readonly minutes?: number
  readonly kill: KillProcesses
}

/** Runs the backend as its processes and kills them while it is written to; see `src/backend/torture`. */
export type KillProcesses = (run: {
  readonly kills: number
  readonly below: (limit: number) => number
  readonly over: () => boolean
  readonly progress: (killed: number, what: string) => void
}) => Promise<{
  readonly killed: Readonly<Record<string, number>>
  readonly acknowledged: number
  readonly troubles: readonly string[]
}>

/**
 * `holdfast torture`: what takes hours. 0 all is well · 1 something broke, was missed, lost or a false alarm · 2 something is unproved, or time
 * was up before all was tried · 3 could not run.
 */
export function runTorture(options: TortureOptions): Promise<0 | 1 | 2 | 3> {
  return runInterruptibly(options.stderr, async (signal) => {
    const started = performance.now()
    const { seed = anySeed(), scale } = options
    const limit = (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000
    const run: Run = { options, signal, seed, over: () => signal.aborted || performance.now() - started > limit }
    options.stderr.write(`seed ${seed}; torture --seed ${seed} makes the same choices\n`)
    const parts: PartReport[] = []
    for (const part of TORTURE_PARTS) {
      if (options.only.length > 0 && !options.only.includes(part)) continue
      const begun = performance.now()
      const { code, says } = run.over() ? { code: 2 as const, says: OUT_OF_TIME } : await PARTS[part](run)
      signal.throwIfAborted()
      parts.push({ part, code, says, milliseconds: performance.now() - begun })
    }
    const colour = wantsColour(options)
    await print(options.stdout, tortureText(parts, { backend: options.backend, seed, scale, colour }))
    return parts.some(({ code }) => code === 1) ? 1 : parts.some(({ code }) => code === 2) ? 2 : 0
  })
}

interface Run {
  readonly options: TortureOptions
  readonly signal: AbortSignal
  readonly seed: number
  readonly over: () => boolean
}

type Outcome = Pick<PartReport, 'code' | 'says'>

const PARTS: Readonly<Record<TorturePart, (run: Run) => Promise<Outcome>>> = {
  fuzz: (run) => prove(run, isFuzz),
  claims: (run) => prove(run, (claim) => !isFuzz(claim)),
  sabotage: plant,
  kill,
}

const isFuzz = (claim: Claim): boolean => claim.count === 'fuzzed-requests'

/** Claims about twins with the long counts. What is found counts for `check` too. */
async function prove({ options, signal, seed, over }: Run, wanted: (claim: Claim) => boolean): Promise<Outcome> {
  const about = (claim: Claim): boolean => targetOf(claim) === 'twin' && wanted(claim)
  const item = selectItems(options)
    .filter(({ state, claims }) => state === 'built' && claims.some(about))
    .map(({ id }) => id)
  if (item.length === 0) return { code: 2, says: 'none of the selected items has anything of this kind' }
  const effort: Effort = tortureEffort(seed, options.scale, over)
  const report = await check({ ...options, item, section: [], claims: about, effort, timeout: LONGEST_CLAIM }, signal)
  const { stdout, verbose = false } = options
  const columns = stdout.columns === undefined ? {} : { columns: stdout.columns }
  await print(stdout, textReport(report, { colour: wantsColour(options), verbose, ...columns }))
  return { code: exitCode(report.items), says: tallyText(report.items) }
}

/** All sabotages, with everything else looking on. */
async function plant({ options, signal, seed, over }: Run): Promise<Outcome> {
  const started = performance.now()
  const how = { everywhere: true, effort: { ...checkEffort(seed), over } }
  const { outcomes, total } = await sabotage(options, signal, how)
  const { verbose = false } = options
  const milliseconds = performance.now() - started
  await print(options.stdout, sabotageText(outcomes, { colour: wantsColour(options), verbose, milliseconds }))
  const caught = outcomes.filter((outcome) => outcome.caught).length
  const alarms = outcomes.filter(({ collateral }) => collateral.length > 0).length
  const left = total - outcomes.length
  return {
    code: sabotageExitCode(outcomes) === 1 ? 1 : left > 0 ? 2 : 0,
    says: `${caught} of ${outcomes.length} caught, ${alarms} with false alarms${left > 0 ? `; ${OUT_OF_TIME} for ${left}` : ''}`,
  }
}

async function kill({ options, seed, over }: Run): Promise<Outcome> {
  const kills = Math.max(1, Math.round(KILLS * options.scale))
  const progress = showProgress({ stream: options.stderr, unit: 'kill', now: () => performance.now() })
  progress.plan(kills)
  const { killed, acknowledged, troubles } = await options
    .kill({
      kills,
      below: choicesOf(seed, 0).below,
      over,
      progress: (number, what) => progress.ended(`${number}`, `kill ${number} of ${kills}: ${what}`),
    })
    .finally(() => progress.end())
  await print(options.stdout, troubles.map((trouble) => `${trouble}\n`).join(''))
  const done = Object.values(killed).reduce((sum, number) => sum + number, 0)
  const which = Object.entries(killed).flatMap(([what, number]) => (number === 0 ? [] : [`${what} ${number}`]))
  const lost = troubles.length === 0 ? 'all there' : `${count(troubles.length, 'trouble')}: ${troubles[0]}`
  return {
    code: troubles.length > 0 ? 1 : done < kills ? 2 : 0,
    says: `${done} of ${count(kills, 'kill')} (${which.join(', ')}), ${count(acknowledged, 'acknowledged write')}: ${lost}`,
  }
}

/** @throws {@link StartRefusal} where it is none. */
export function readTorturePart(text: string): TorturePart {
  const part = TORTURE_PARTS.find((known) => known === text)
  if (part === undefined)
    throw new StartRefusal('--only', `there is no part ${text}; there are ${TORTURE_PARTS.join(', ')}`)
  return part
}

const OUT_OF_TIME = 'time was up'
const KILLS = 200
/** Ten thousand sign-ins, measured twice, with an argon2id hash each. */
const LONGEST_CLAIM = minutes(180)

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Claim } from '../kernel/claim.ts'
import type { Effort } from '../kernel/effort.ts'
import type { Item } from '../kernel/item.ts'
import type { Seconds } from '../kernel/time.ts'
import { type CommandOptions, print, runInterruptibly, selectItems, wantsColour } from './command.ts'
import { type History, loadHistory, openStores } from './history.ts'
import { claimProgress, showProgress } from './progress.ts'
import { notRun, type ProvedClaim } from './prove.ts'
import { type MachineForm, render } from './report/render.ts'
import { type CheckReport, type ClaimReport, exitCode, reportItems } from './report/report.ts'
import { textReport } from './report/text.ts'
import { openReportFile } from './report-file.ts'
import { runClaims } from './runner.ts'
import { type InspectOriginal, targetOf } from './twin.ts'
import { parseWaivers } from './waivers.ts'

export interface CheckOptions extends CommandOptions {
  /** Absent: there is no original, and claims about it have no evidence. */
  readonly inspectOriginal?: InspectOriginal
  /** Standard output holds this form and nothing else. Default: the report for people. */
  readonly form?: MachineForm
  /** Also written to this file, in the form its name tells: `.md .json .html .sarif .xml`. */
  readonly write?: string
  /** Only these claims of the selected items; items without one are left out. Default: all. */
  readonly claims?: (claim: Claim) => boolean
  /** How hard claims try, and how long each may take. Default: as `check` does. */
  readonly effort?: Effort
  readonly timeout?: Seconds
  /** Only inspect the original; for the rest, answers of earlier runs that still keep. */
  readonly original?: boolean
}

/** `holdfast check`: 0 all hold · 1 something broken · 2 something unproved and not waived · 3 could not run. */
export function runCheck(options: CheckOptions): Promise<0 | 1 | 2 | 3> {
  return runInterruptibly(options.stderr, async (signal) => {
    const file = options.write === undefined ? undefined : await openReportFile(options.write)
    const report = await check(options, signal)
    await file?.write(render(file.form, report, { ...rendering(options), file: file.path }))
    const text = textReport(report, {
      colour: wantsColour(options),
      verbose: options.verbose ?? false,
      ...(options.stdout.columns !== undefined && { columns: options.stdout.columns }),
    })
    await print(options.stdout, options.form === undefined ? text : render(options.form, report, rendering(options)))
    return exitCode(report.items)
  })
}

/** Proves the selected items, stores what was found, and joins it with what earlier runs found. */
export async function check(options: CheckOptions, signal: AbortSignal): Promise<CheckReport> {
  const { clock, definitionHash, lockHash } = options
  const started = performance.now()
  const selected = withClaims(selectItems(options), options.claims)
  const waivers = parseWaivers(await readWaivers(options.root), options.items)
  const stores = openStores(options.stateDirectory, options.signer)
  await stores.check.prepare()
  const sourceHash = await options.sourceHash()
  const history = await loadHistory(stores, { definitionHash, lockHash, sourceHash, now: clock.now() })

  const progress = showProgress({ stream: options.stderr, unit: 'claim', now: () => performance.now() })
  const found = await runClaims({
    items: selected,
    buildTwin: options.buildTwin,
    twin: options.original !== true,
    definitionHash,
    clock,
    signal,
    progress: claimProgress(progress),
    inspectOriginal: options.inspectOriginal ?? (async () => ({ reason: 'none was given' })),
    ...(options.root !== undefined && { repository: { root: options.root } }),
    ...(options.effort !== undefined && { effort: options.effort }),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
  }).finally(() => progress.end())
  signal.throwIfAborted()

  const entries = found.filter((result) => result.provedAt !== null)
  const source = await sourceNow(options, sourceHash)
  if (entries.length > 0)
    await stores.check.append({ at: clock.now(), definitionHash, lockHash, sourceHash: source.hash, entries })
  const claims = selected.flatMap((item) => claimReports(item, found, history))
  return {
    backend: options.backend,
    definitionHash,
    lockHash,
    sourceHash: source.hash,
    finishedAt: clock.now(),
    milliseconds: Math.round(performance.now() - started),
    items: reportItems({ items: selected, claims, waivers, now: clock.now() }),
    notes: [...history.notes, ...source.notes, ...originalNote(found)],
  }
}

const withClaims = (items: readonly Item[], wanted: CheckOptions['claims']): readonly Item[] =>
  wanted === undefined
    ? items
    : items.map((item) => ({ ...item, claims: item.claims.filter(wanted) })).filter(({ claims }) => claims.length > 0)

/** Each claim of an item with its answer: of this run, else of an earlier one that still keeps, else none. */
function claimReports(item: Item, found: readonly ProvedClaim[], history: History): readonly ClaimReport[] {
  if (item.state === 'not-built') return []
  return item.claims.map((claim) => {
    const now = found.find((result) => result.item === item.id && result.claim === claim.id)
    const earlier = now === undefined || isWithoutOriginal(now) ? history.answer(item.id, claim.id) : undefined
    const answer = earlier ?? now ?? notRun(item.id, claim, 'unproved', missing(claim))
    const lastSeenFailing = history.lastSeenFailing(item.id, claim.id)
    return { ...answer, earlier: earlier !== undefined, ...(lastSeenFailing !== undefined && { lastSeenFailing }) }
  })
}

const missing = (claim: Claim): string =>
  targetOf(claim) === 'original'
    ? 'needs the original'
    : 'needs a twin, and no earlier answer keeps; run check without --original'

const isWithoutOriginal = (result: ProvedClaim): boolean => result.on === 'original' && result.provedAt === null

function originalNote(found: readonly ProvedClaim[]): readonly string[] {
  const without = found.find((result) => isWithoutOriginal(result) && result.reason.startsWith('no original'))
  return without === undefined ? [] : [`${without.reason}; what is only true of a deployment was not looked at`]
}

/** The source's hash at the end of the run, if it is what it was: nobody knows which of two sources an answer is about. */
async function sourceNow(
  options: CheckOptions,
  before: string | null,
): Promise<{ readonly hash: string | null; readonly notes: readonly string[] }> {
  if (before === null)
    return {
      hash: null,
      notes: ['there is too much code to tell it from other code; no answer is kept for later runs'],
    }
  if ((await options.sourceHash()) === before) return { hash: before, notes: [] }
  return { hash: null, notes: ['the code changed while this ran; its answers are not kept for later runs'] }
}

const rendering = ({ root }: CheckOptions): { root?: string } => (root === undefined ? {} : { root })

async function readWaivers(root: string | undefined): Promise<string | undefined> {
  if (root === undefined) return undefined
  try {
    return await readFile(join(root, 'holdfast.waivers.json'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

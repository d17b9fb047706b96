import type { Verdict } from '../../kernel/claim.ts'
import { count } from '../prove.ts'
import { counts } from '../verdict.ts'
import {
  BOXES,
  type CheckReport,
  type ClaimReport,
  exitCode,
  firstEvidence,
  type ItemReport,
  momentText,
  sectionsOf,
  tallyText,
  waiverText,
} from './report.ts'
import { WHAT_TO_DO_UNBUILT, whatToDo } from './what-to-do.ts'

export interface TextOptions {
  readonly colour: boolean
  /** Width of the terminal in columns. Default 100. */
  readonly columns?: number
  /** Each claim with its evidence, when it was last seen failing, and how to repeat it by hand. */
  readonly verbose?: boolean
}

/** The report for a terminal: the sections with boxes, a sentence of evidence each, and what to do about what is broken. */
export function textReport(report: CheckReport, options: TextOptions): string {
  const paint = painter(options.colour)
  const columns = Math.max(options.columns ?? 100, MIN_COLUMNS)
  const lines: string[] = ['', paint.bold(`Holdfast · ${report.backend}`)]
  for (const section of sectionsOf(report.items)) {
    lines.push('', paint.bold(`${section.number}  ${section.title}`))
    for (const item of section.items) {
      lines.push(...itemLines(item, paint, columns))
      if (options.verbose) for (const claim of item.claims) lines.push(...claimLines(claim, paint, columns))
    }
  }
  if (report.items.some((item) => item.state === 'not-built' && !item.waived))
    lines.push('', ...wrap(`what to do about what is not built: ${WHAT_TO_DO_UNBUILT}.`, 0, columns).map(paint.bold))
  lines.push('', ...report.notes.flatMap((note) => wrap(`note: ${note}`, 0, columns)).map(paint.dim))
  lines.push(`${paint.bold(tallyText(report.items))}   ${paint.dim(summary(report))}`, '')
  return `${lines.join('\n')}\n`
}

function itemLines(item: ItemReport, paint: Painter, columns: number): readonly string[] {
  const colour = paint.verdict(item.verdict)
  const head = `   ${colour(BOXES[item.verdict])} ${item.title.padEnd(TITLE)} ${colour(item.verdict)}`
  const open = openLines(item, paint, columns)
  // What is open says more itself.
  if (open.length > 0) return [head, ...open, ...waiverLines(item, paint, columns)]
  const fits = 3 + 4 + TITLE + 1 + VERDICT + 1 + item.reason.length <= columns
  const lines = fits
    ? [`${head}${' '.repeat(VERDICT + 1 - item.verdict.length)}${paint.dim(item.reason)}`]
    : [head, ...wrap(item.reason, INDENT, columns).map(paint.dim)]
  return [...lines, ...waiverLines(item, paint, columns)]
}

const waiverLines = (item: ItemReport, paint: Painter, columns: number): readonly string[] =>
  item.waivers.flatMap((waiver) => wrap(waiverText(waiver), INDENT, columns).map(paint.yellow))

/** Each claim that is broken or unproved: what is not so, or not shown, why, how to see it by hand, and what to do about it. */
function openLines(item: ItemReport, paint: Painter, columns: number): readonly string[] {
  if (item.verdict !== 'broken' && item.verdict !== 'unproved') return []
  const lines: string[] = []
  const add = (text: string, deeper: number, colour: Paint): void =>
    void lines.push(...wrap(text, INDENT + deeper, columns).map(colour))
  const broken = item.claims.filter((claim) => claim.verdict === 'broken')
  for (const claim of broken) {
    add(`not so: ${claim.says}`, 0, paint.red)
    add(`${claim.claim}: ${claim.reason}`, 2, paint.dim)
    add(`by hand: ${claim.byHand}`, 2, paint.dim)
  }
  if (broken.length > 0) add(`what to do: ${item.remedy}`, 0, paint.bold)
  const unproved = item.claims.filter((claim) => claim.verdict === 'unproved' && counts(claim))
  // Many claims can lack the same thing; it is said once for all of them.
  for (const [reason, claims] of Map.groupBy(unproved, (claim) => claim.reason)) {
    const [only] = claims
    if (only !== undefined && claims.length === 1) {
      add(`not shown: ${only.says}`, 0, paint.yellow)
      add(`${only.claim}: ${reason}`, 2, paint.dim)
      add(`by hand: ${only.byHand}`, 2, paint.dim)
    } else {
      add(`not shown, ${count(claims.length, 'claim')}: ${reason}`, 0, paint.yellow)
      for (const claim of claims) add(`${claim.claim}: ${claim.says}`, 2, paint.dim)
    }
    if (!item.waived) add(`what to do: ${whatToDo({ reason })}.`, 0, paint.bold)
  }
  return lines
}

function claimLines(claim: ClaimReport, paint: Painter, columns: number): readonly string[] {
  const colour = paint.verdict(claim.verdict)
  const lines = wrap(
    `${BOXES[claim.verdict]} ${claim.says} (${claim.claim}, ${(claim.milliseconds / 1000).toFixed(1)} s)`,
    INDENT,
    columns,
  ).map(colour)
  const add = (text: string): void => void lines.push(...wrap(text, INDENT + 4, columns).map(paint.dim))
  if (claim.verdict !== 'holds') add(`${claim.verdict}: ${claim.reason}`)
  for (const piece of firstEvidence(claim, SHOWN)) {
    const mark = piece.ok ? (piece.side === 'positive' ? '+' : '-') : '!'
    add(`${mark} ${piece.tried}: saw ${piece.saw}${piece.saw === piece.expected ? '' : `, expected ${piece.expected}`}`)
  }
  const tried = claim.counts.positive + claim.counts.negative
  if (tried > SHOWN) add(`… ${tried - SHOWN} more (--json has them up to 150 a claim)`)
  const { lastSeenFailing } = claim
  add(
    lastSeenFailing === undefined
      ? 'never seen failing here: run sabotage'
      : `last seen failing ${momentText(lastSeenFailing.at)}, by sabotage ${lastSeenFailing.sabotage}`,
  )
  if (claim.earlier && claim.provedAt !== null) add(`proved ${momentText(claim.provedAt)}, in an earlier run`)
  add(`by hand: ${claim.byHand}`)
  return lines
}

function summary(report: CheckReport): string {
  const seconds = (report.milliseconds / 1000).toFixed(1)
  const short = (hash: string): string => hash.slice(0, 12)
  const source = report.sourceHash === null ? 'source unknown' : `source ${short(report.sourceHash)}`
  const hashes = `definition ${short(report.definitionHash)}, lock file ${short(report.lockHash)}, ${source}`
  return `exit ${exitCode(report.items)} · ${seconds} s · ${momentText(report.finishedAt)} · ${hashes}`
}

/** Breaks a text into lines of at most `columns`, each indented. A word that is longer stands alone. */
function wrap(text: string, indent: number, columns: number): string[] {
  const width = Math.max(columns - indent, 30)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `  ${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((one) => ' '.repeat(indent) + one)
}

type Paint = (text: string) => string
interface Painter {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly yellow: Paint
  verdict(verdict: Verdict): Paint
}

function painter(colour: boolean): Painter {
  const sgr = (code: number): Paint => (colour ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text)
  const byVerdict = { holds: sgr(32), broken: sgr(31), unproved: sgr(33), 'not-applicable': sgr(2) }
  return { bold: sgr(1), dim: sgr(2), red: sgr(31), yellow: sgr(33), verdict: (verdict) => byVerdict[verdict] }
}

const INDENT = 7
const TITLE = 40
const VERDICT = 14
const MIN_COLUMNS = 80
/** Pieces of evidence of a claim that are shown. */
const SHOWN = 6

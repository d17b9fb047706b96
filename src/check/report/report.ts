import type { Evidence, Verdict } from '../../kernel/claim.ts'
import type { Item } from '../../kernel/item.ts'
import { SECTIONS } from '../../kernel/items.ts'
import type { Moment } from '../../kernel/time.ts'
import type { ProvedClaim } from '../prove.ts'
import { counts, judgeItem } from '../verdict.ts'
import { inForce, type Waiver } from '../waivers.ts'

/** What every form of the report is rendered from. */
export interface CheckReport {
  /** The backend's name. */
  readonly backend: string
  readonly definitionHash: string
  readonly lockHash: string
  /** Of the code; `null` where it is not known. */
  readonly sourceHash: string | null
  readonly finishedAt: Moment
  readonly milliseconds: number
  readonly items: readonly ItemReport[]
  /** What the reader should know about the run itself: no original here, evidence of earlier runs damaged. */
  readonly notes: readonly string[]
}

export interface ItemReport {
  readonly id: string
  readonly title: string
  readonly requirement: string
  readonly sources: readonly string[]
  readonly remedy: string
  readonly state: Item['state']
  readonly verdict: Verdict
  readonly reason: string
  readonly provedAt: Moment | null
  readonly expiresAt: Moment | null
  readonly claims: readonly ClaimReport[]
  readonly sabotages: number
  /** Waivers of the item or of its claims, expired ones included: none is hidden. */
  readonly waivers: readonly (Waiver & { readonly inForce: boolean })[]
  /** Unproved, and every reason for it is covered by a waiver in force. */
  readonly waived: boolean
}

export interface ClaimReport extends ProvedClaim {
  /** When a sabotage last turned it broken; absent when none was seen to. */
  readonly lastSeenFailing?: LastSeenFailing
  /** The answer is of an earlier run that still keeps. */
  readonly earlier: boolean
}

export interface LastSeenFailing {
  readonly at: Moment
  readonly sabotage: string
}

export interface ReportInput {
  readonly items: readonly Item[]
  readonly claims: readonly ClaimReport[]
  readonly waivers: readonly Waiver[]
  readonly now: Moment
}

/** Judges each item by its claims and its waivers. */
export function reportItems(input: ReportInput): readonly ItemReport[] {
  return input.items.map((item) => {
    const claims = input.claims.filter((claim) => claim.item === item.id)
    const judged = judgeItem(item, claims)
    const waivers = input.waivers
      .filter((waiver) => waiver.item === item.id)
      .map((waiver) => ({ ...waiver, inForce: inForce(waiver, input.now) }))
    const { id, title, requirement, sources, remedy, state } = item
    return {
      ...{ id, title, requirement, sources, remedy, state, claims, waivers, ...judged },
      sabotages: item.sabotages.length,
      waived:
        judged.verdict === 'unproved' &&
        isCovered(
          claims,
          waivers.filter((waiver) => waiver.inForce),
        ),
    }
  })
}

/** 0 all hold · 1 something broken · 2 something unproved and not waived. (3, could not run, is the caller's.) */
export function exitCode(items: readonly ItemReport[]): 0 | 1 | 2 {
  if (items.some((item) => item.verdict === 'broken')) return 1
  return items.some((item) => item.verdict === 'unproved' && !item.waived) ? 2 : 0
}

export interface SectionReport {
  /** 1 to 7 for the list's own; an application's further sections follow. */
  readonly number: number
  readonly title: string
  readonly items: readonly ItemReport[]
}

/** The items by section, in the list's order; sections without items are left out. */
export function sectionsOf(items: readonly ItemReport[]): readonly SectionReport[] {
  const bySection = Map.groupBy(items, (item) => item.id.split('/', 1)[0] ?? '')
  const known: readonly { readonly id: string; readonly title: string }[] = SECTIONS
  const further = [...bySection.keys()].filter((id) => !known.some((section) => section.id === id))
  return [...known, ...further.map((id) => ({ id, title: id }))].flatMap((section, index) => {
    const found = bySection.get(section.id)
    return found === undefined ? [] : [{ number: index + 1, title: section.title, items: found }]
  })
}

/** How many items have which verdict. */
export function tally(items: readonly ItemReport[]): Readonly<Record<Verdict, number>> {
  const result = { holds: 0, broken: 0, unproved: 0, 'not-applicable': 0 }
  for (const item of items) result[item.verdict]++
  return result
}

/** `3 hold · 1 broken · 26 unproved`; what there is none of is left out, except for what holds. */
export function tallyText(items: readonly ItemReport[]): string {
  const number = tally(items)
  const parts = [`${number.holds} ${number.holds === 1 ? 'holds' : 'hold'}`]
  if (number.broken > 0) parts.push(`${number.broken} broken`)
  if (number.unproved > 0) parts.push(`${number.unproved} unproved`)
  if (number['not-applicable'] > 0) parts.push(`${number['not-applicable']} not applicable`)
  return parts.join(' · ')
}

export const BOXES: Readonly<Record<Verdict, string>> = {
  holds: '[x]',
  broken: '[!]',
  unproved: '[ ]',
  'not-applicable': '[-]',
}

/** The pieces of a claim's evidence worth showing first: what failed, one or two legitimate uses, and then the attacks. */
export function firstEvidence(claim: ClaimReport, most: number): readonly Evidence[] {
  const failed = claim.evidence.filter((piece) => !piece.ok)
  const positive = claim.evidence.filter((piece) => piece.ok && piece.side === 'positive')
  const negative = claim.evidence.filter((piece) => piece.ok && piece.side === 'negative')
  return [...failed, ...positive.slice(0, 2), ...negative, ...positive.slice(2)].slice(0, most)
}

/** `2026-11-23 20:43 UTC`. */
export const momentText = (moment: Moment): string =>
  `${new Date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** What a waiver says, in a line. */
export function waiverText(waiver: ItemReport['waivers'][number]): string {
  const about = waiver.claim === undefined ? 'waived' : `claim ${waiver.claim} waived`
  const until = waiver.inForce
    ? `until ${waiver.expires}`
    : `until ${waiver.expires}, which has passed: it does not count`
  return `${about} by ${waiver.owner} ${until}: ${waiver.reason}`
}

function isCovered(claims: readonly ClaimReport[], waivers: readonly Waiver[]): boolean {
  if (waivers.some((waiver) => waiver.claim === undefined)) return true
  const open = claims.filter((claim) => claim.verdict === 'unproved' && counts(claim))
  return open.length > 0 && open.every((claim) => waivers.some((waiver) => waiver.claim === claim.claim))
}

import type { Verdict } from '../kernel/claim.ts'
import type { Item } from '../kernel/item.ts'
import { after, type Moment } from '../kernel/time.ts'
import { count, type ProvedClaim } from './prove.ts'

export interface ItemVerdict {
  readonly verdict: Verdict
  /** One sentence: what was seen, what failed, or what is missing. */
  readonly reason: string
  /** The age of the oldest answer it rests on; `null` where it rests on none. */
  readonly provedAt: Moment | null
  /** When the first of its answers goes stale. */
  readonly expiresAt: Moment | null
}

/** An item's verdict is its worst claim that counts. */
export function judgeItem(item: Item, claims: readonly ProvedClaim[]): ItemVerdict {
  const times = keepsFrom(claims)
  if (item.state === 'not-built') return { verdict: 'unproved', reason: 'not built', ...times }
  if (item.claims.length === 0) return { verdict: 'unproved', reason: 'it has no claims', ...times }
  const counted = claims.filter(counts)
  const broken = counted.filter((claim) => claim.verdict === 'broken')
  const unproved = counted.filter((claim) => claim.verdict === 'unproved')
  if (broken.length > 0) return { verdict: 'broken', reason: worst(broken), ...times }
  if (unproved.length > 0) return { verdict: 'unproved', reason: worst(unproved), ...times }
  if (required(counted) < required(item.claims)) {
    return { verdict: 'unproved', reason: 'some of its claims were not run', ...times }
  }
  if (counted.length === 0)
    return { verdict: 'not-applicable', reason: shared(claims) ?? 'nothing of it is present here', ...times }
  return { verdict: 'holds', reason: seen(counted), ...times }
}

/** Whether a claim counts: required ones always, `where-present` ones unless the thing is known to be absent. */
export const counts = (claim: ProvedClaim): boolean => claim.level === 'required' || claim.verdict !== 'not-applicable'

/** The moment an answer goes stale; `null` where there is none. */
export const expiryOf = (claim: ProvedClaim): Moment | null =>
  claim.provedAt === null ? null : after(claim.provedAt, claim.keeps)

function keepsFrom(claims: readonly ProvedClaim[]): Pick<ItemVerdict, 'provedAt' | 'expiresAt'> {
  const proved = claims.flatMap((claim) => claim.provedAt ?? [])
  const expires = claims.flatMap((claim) => expiryOf(claim) ?? [])
  return {
    provedAt: proved.length === 0 ? null : Math.min(...proved),
    expiresAt: expires.length === 0 ? null : Math.min(...expires),
  }
}

const required = (claims: readonly Pick<ProvedClaim, 'level'>[]): number =>
  claims.filter((claim) => claim.level === 'required').length

function worst(claims: readonly ProvedClaim[]): string {
  const same = shared(claims)
  if (same !== undefined && claims.length > 1) return `${same} (${claims.length} claims)`
  const [first] = claims
  const more = claims.length > 1 ? ` (and ${count(claims.length - 1, 'claim')} more)` : ''
  return `${first?.claim}: ${first?.reason}${more}`
}

const shared = (claims: readonly ProvedClaim[]): string | undefined =>
  claims.every((claim) => claim.reason === claims[0]?.reason) ? claims[0]?.reason : undefined

function seen(claims: readonly ProvedClaim[]): string {
  const attempts = claims.reduce((sum, claim) => sum + claim.counts.negative, 0)
  const uses = claims.reduce((sum, claim) => sum + claim.counts.positive, 0)
  const example = claims[0]?.evidence.find((piece) => piece.side === 'negative')
  const instance = example === undefined ? '' : `, as ${example.tried}: ${example.saw}`
  return `${count(claims.length, 'claim')}: ${count(uses, 'legitimate use')} succeeded and ${count(attempts, 'attempt')} failed${instance}`
}

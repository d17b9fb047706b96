import type { Item } from '../kernel/item.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { Moment } from '../kernel/time.ts'

/** Somebody's word that an unproved item or claim is accepted for a while. It is shown with the verdict and changes none. */
export interface Waiver {
  /** `section/item`. */
  readonly item: string
  /** Absent: the whole item. */
  readonly claim?: string
  readonly reason: string
  readonly owner: string
  /** The last day it counts, UTC: `2027-01-31`. */
  readonly expires: string
}

/**
 * Reads `holdfast.waivers.json`: a list of `{ "item": "section/item" or "section/item/claim", "reason", "owner", "expires" }`.
 *
 * @param text - the file's content; `undefined` where there is no file.
 * @throws {@link StartRefusal} for anything that is not exactly that, and for items and claims that don't exist.
 */
export function parseWaivers(text: string | undefined, items: readonly Item[]): readonly Waiver[] {
  if (text === undefined) return []
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (cause) {
    throw new StartRefusal(FILE, 'is not JSON', { cause })
  }
  if (!Array.isArray(list)) throw new StartRefusal(FILE, 'must be a list of waivers')
  return list.map((entry, index) => parseWaiver(entry, `${FILE}, waiver ${index + 1}`, items))
}

/** Whether a waiver still counts at a moment. */
export const inForce = (waiver: Waiver, now: Moment): boolean => now < Date.parse(`${waiver.expires}T00:00:00Z`) + DAY

function parseWaiver(entry: unknown, where: string, items: readonly Item[]): Waiver {
  if (typeof entry !== 'object' || entry === null) throw new StartRefusal(where, 'must be an object')
  const fields: Record<string, unknown> = { ...entry }
  for (const name of Object.keys(fields)) {
    if (!FIELDS.includes(name)) throw new StartRefusal(where, `${name} is not a field; there are ${FIELDS.join(', ')}`)
  }
  const text = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string' || value.trim() === '')
      throw new StartRefusal(where, `${name} must be a text that says something`)
    return value
  }
  const [section = '', name = '', claim, ...rest] = text('item').split('/')
  const item = items.find((known) => known.id === `${section}/${name}`)
  if (item === undefined || rest.length > 0)
    throw new StartRefusal(where, 'item must be section/item or section/item/claim of the list')
  if (claim !== undefined && !item.claims.some((known) => known.id === claim)) {
    throw new StartRefusal(where, `${item.id} has no claim ${claim}`)
  }
  const expires = text('expires')
  const day = Date.parse(`${expires}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(expires) || !(day > 0) || new Date(day).toISOString().slice(0, 10) !== expires) {
    throw new StartRefusal(where, 'expires must be a day, like 2027-01-31')
  }
  const waiver = { item: item.id, reason: text('reason'), owner: text('owner'), expires }
  return claim === undefined ? waiver : { ...waiver, claim }
}

const FILE = 'holdfast.waivers.json'
const FIELDS = ['item', 'reason', 'owner', 'expires']
/** Milliseconds. */
const DAY = 86_400_000

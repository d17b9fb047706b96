import type { Claim } from './claim.ts'
import type { ItemId } from './items.ts'
import type { Sabotage } from './sabotage.ts'

/** One line of the checklist, tied together: what is asked, how it is proved, how the proof is seen to fail. */
export interface Item {
  readonly id: ItemId | (string & {})
  /** As it stands in the list: `Sessions`. */
  readonly title: string
  /** What must be true, in one or two sentences. */
  readonly requirement: string
  /** The standards it comes from: `ASVS 5.0 V7.2.3`, `NIST SP 800-63B-4 3.1.1.2`. */
  readonly sources: readonly string[]
  /** `built`, or the reason why every claim is unproved. */
  readonly state: 'built' | 'not-built'
  readonly claims: readonly Claim[]
  readonly sabotages: readonly Sabotage[]
  /** What to do when it is broken, in a sentence. */
  readonly remedy: string
}

/** Gives an item its type; an application's own items are made by the same function. */
export const defineItem = (item: Item): Item => Object.freeze(item)

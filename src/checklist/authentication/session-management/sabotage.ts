import type { Sabotage } from '../../../kernel/sabotage.ts'
import { endSabotages } from './sabotage-ends.ts'
import { limitSabotages } from './sabotage-limits.ts'
import { steadySabotages } from './sabotage-steady.ts'
import { tokenSabotages } from './sabotage-tokens.ts'
import type { Sessions } from './sessions.ts'

/** Mistakes people ship with sessions. */
export const sabotages: readonly Sabotage<Sessions>[] = [
  ...tokenSabotages,
  ...endSabotages,
  ...limitSabotages,
  ...steadySabotages,
]

import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { GuessingControl } from './control.ts'
import { answerSabotages } from './sabotage-answers.ts'
import { challengeSabotages } from './sabotage-challenges.ts'
import { countingSabotages } from './sabotage-counting.ts'
import { deviceSabotages } from './sabotage-devices.ts'

/** Mistakes people ship where somebody guesses. */
export const sabotages: readonly Sabotage<GuessingControl>[] = [
  ...answerSabotages,
  ...countingSabotages,
  ...deviceSabotages,
  ...challengeSabotages,
]

import type { ProbeContext } from '../../../kernel/vantage.ts'

/** Tries before the first wait [the specification's "growing delays long before"]. */
export const FREE = 5
/** Guesses side by side. */
export const WIDTH = 16

/** Tries that may be compared: five at once, then after 1, 2, 4 … seconds. It is no fault of theirs that a machine is slow. */
export const budgetWithin = (seconds: number): number => FREE + Math.floor(Math.log2(seconds + 1))

/** @param begun - when the first of them was sent, by `performance.now()`. */
export function expectBudget(context: ProbeContext, tried: string, answers: readonly string[], begun: number): void {
  const compared = answers.filter((answer) => answer === '401 credentials-wrong').length
  const budget = budgetWithin((performance.now() - begun) / 1000)
  const expected = `${FREE} compared at least, at most ${budget} in that time`
  context.record({ side: 'negative', tried, saw: `${compared}`, expected, ok: compared >= FREE && compared <= budget })
}

import type { Claim } from '../../../kernel/claim.ts'
import { codeClaims } from './probe-codes.ts'
import { gateClaims } from './probe-gate.ts'
import { guessingClaims } from './probe-guessing.ts'
import { halfFinishedClaims } from './probe-half-finished.ts'
import { othersFactorsClaims } from './probe-others-factors.ts'
import { resetClaims } from './probe-resets.ts'

/** What must be true of second factors, tried from outside. */
export const claims: readonly Claim[] = [
  ...gateClaims,
  ...codeClaims,
  ...guessingClaims,
  ...othersFactorsClaims,
  ...halfFinishedClaims,
  ...resetClaims,
]

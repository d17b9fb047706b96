import type { Claim } from '../../../kernel/claim.ts'
import { databaseClaims } from './probe-database.ts'
import { faultClaims } from './probe-faults.ts'
import { leakClaims } from './probe-leaks.ts'
import { processClaims } from './probe-process.ts'
import { recordedClaims } from './probe-recorded.ts'
import { refusalClaims } from './probe-refusals.ts'

/** What must be true of errors, tried from outside. */
export const claims: readonly Claim[] = [
  ...refusalClaims,
  ...recordedClaims,
  ...faultClaims,
  ...leakClaims,
  ...databaseClaims,
  ...processClaims,
]

import type { Claim } from '../../../kernel/claim.ts'
import { atRestClaims } from './probe-at-rest.ts'
import { guessClaims } from './probe-guesses.ts'
import { elsewhereClaims } from './probe-guesses-elsewhere.ts'
import { stuffingClaims } from './probe-stuffing.ts'
import { timeClaims } from './probe-times.ts'

/** What somebody with many addresses and much time can learn and try; nothing here knows the control. */
export const claims: readonly Claim[] = [
  ...timeClaims,
  ...guessClaims,
  ...elsewhereClaims,
  ...atRestClaims,
  ...stuffingClaims,
]

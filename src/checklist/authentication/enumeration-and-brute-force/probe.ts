import type { Claim } from '../../../kernel/claim.ts'
import { atRestClaims } from './probe-at-rest.ts'
import { deviceClaims } from './probe-devices.ts'
import { guessClaims } from './probe-guesses.ts'
import { elsewhereClaims } from './probe-guesses-elsewhere.ts'
import { networkClaims } from './probe-networks.ts'
import { restartClaims } from './probe-restart.ts'
import { stuffingClaims } from './probe-stuffing.ts'
import { takenClaims } from './probe-taken.ts'
import { timeClaims } from './probe-times.ts'
import { challengeTimeClaims } from './probe-times-challenge.ts'
import { secondFactorTimeClaims } from './probe-times-second-factor.ts'

/** What somebody with many addresses and much time can learn and try; nothing here knows the control. */
export const claims: readonly Claim[] = [
  ...timeClaims,
  ...challengeTimeClaims,
  ...secondFactorTimeClaims,
  ...takenClaims,
  ...guessClaims,
  ...elsewhereClaims,
  ...networkClaims,
  ...deviceClaims,
  ...restartClaims,
  ...atRestClaims,
  ...stuffingClaims,
]

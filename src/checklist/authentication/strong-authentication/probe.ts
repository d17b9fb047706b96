import type { Claim } from '../../../kernel/claim.ts'
import { besideFactorClaims } from './probe-beside-factor.ts'
import { breachClaims } from './probe-breaches.ts'
import { choiceClaims } from './probe-choice.ts'
import { floodClaims } from './probe-flood.ts'
import { floodElsewhereClaims } from './probe-flood-elsewhere.ts'
import { mailClaims } from './probe-mail.ts'
import { openIdClaims } from './probe-openid.ts'
import { passkeyClaims } from './probe-passkeys.ts'
import { securityKeyClaims } from './probe-security-keys.ts'
import { signInClaims } from './probe-sign-in.ts'
import { storageClaims } from './probe-storage.ts'

/** What is tried on the twin's built-in routes and tables; nothing here knows the control. */
export const claims: readonly Claim[] = [
  ...choiceClaims,
  ...besideFactorClaims,
  ...breachClaims,
  ...storageClaims,
  ...signInClaims,
  ...floodClaims,
  ...floodElsewhereClaims,
  ...passkeyClaims,
  ...securityKeyClaims,
  ...openIdClaims,
  ...mailClaims,
]

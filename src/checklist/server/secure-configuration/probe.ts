import type { Claim } from '../../../kernel/claim.ts'
import { certificateClaims } from './probe-certificate.ts'
import { credentialClaims } from './probe-credentials.ts'
import { effectClaims } from './probe-effects.ts'
import { enrolmentClaims } from './probe-enrolment.ts'
import { logClaims } from './probe-log.ts'
import { secretClaims } from './probe-secrets.ts'
import { settingClaims } from './probe-settings.ts'

/** What secure configuration promises, tried from outside. */
export const claims: readonly Claim[] = [
  ...settingClaims,
  ...effectClaims,
  ...credentialClaims,
  ...enrolmentClaims,
  ...secretClaims,
  ...certificateClaims,
  ...logClaims,
]

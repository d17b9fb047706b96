import type { Claim } from '../../../kernel/claim.ts'
import { fuzzClaims } from './probe-fuzz.ts'
import { headerClaims } from './probe-headers.ts'
import { inputClaims } from './probe-input.ts'
import { outputClaims } from './probe-output.ts'
import { payloadClaims } from './probe-payloads.ts'

/** What must be true of input and output, tried from outside. */
export const claims: readonly Claim[] = [
  ...inputClaims,
  ...outputClaims,
  ...headerClaims,
  ...payloadClaims,
  ...fuzzClaims,
]

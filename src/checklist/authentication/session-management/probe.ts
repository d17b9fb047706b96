import type { Claim } from '../../../kernel/claim.ts'
import { crossSiteClaims } from './probe-cross-site.ts'
import { endClaims } from './probe-ends.ts'
import { keptClaims } from './probe-kept.ts'
import { nodeClaims } from './probe-nodes.ts'
import { rotationClaims } from './probe-rotation.ts'
import { steadyClaims } from './probe-steady.ts'
import { timeClaims } from './probe-time.ts'
import { tokenClaims } from './probe-tokens.ts'

/** What must be true of sessions, tried from outside. */
export const claims: readonly Claim[] = [
  ...tokenClaims,
  ...rotationClaims,
  ...nodeClaims,
  ...steadyClaims,
  ...endClaims,
  ...timeClaims,
  ...crossSiteClaims,
  ...keptClaims,
]

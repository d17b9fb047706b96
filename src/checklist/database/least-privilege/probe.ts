import type { Claim } from '../../../kernel/claim.ts'
import { attemptClaims } from './probe-attempts.ts'
import { builtInClaims } from './probe-built-in.ts'
import { catalogClaims } from './probe-catalog.ts'
import { rowClaims } from './probe-rows.ts'

/** What the roles of the database can do, from its catalog and by trying. */
export const claims: readonly Claim[] = [...catalogClaims, ...builtInClaims, ...rowClaims, ...attemptClaims]

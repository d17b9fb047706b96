import type { Claim } from '../../../kernel/claim.ts'
import { changeClaims } from './probe-changes.ts'
import { fieldClaims } from './probe-fields.ts'
import { guardClaims } from './probe-guard.ts'
import { ownListClaims } from './probe-own-lists.ts'
import { routeClaims } from './probe-routes.ts'
import { rowSecurityClaims } from './probe-row-security.ts'
import { shareClaims } from './probe-shares.ts'
import { stepUpClaims } from './probe-step-up.ts'
import { tenantClaims } from './probe-tenant.ts'

/** What must be true of roles and permissions, tried from outside: routes, rows, rules, time. */
export const claims: readonly Claim[] = [
  ...routeClaims,
  ...ownListClaims,
  ...rowSecurityClaims,
  ...guardClaims,
  ...stepUpClaims,
  ...changeClaims,
  ...fieldClaims,
  ...shareClaims,
  ...tenantClaims,
]

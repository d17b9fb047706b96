import type { Claim } from '../../../kernel/claim.ts'
export const claims: readonly Claim[] = []

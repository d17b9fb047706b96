import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'

const later = (id: string, says: string, byHand: string): Claim => ({
  id,
  says,
  level: 'where-present',
  needs: ['network'],
  effect: 'writes',
  keeps: days(30),
  byHand,
  present: () => Promise.resolve(NOT_BUILT),
  prove: () => Promise.reject(new Unproved(NOT_BUILT)),
})

const NOT_BUILT = 'not built yet'

/** What the item asks for and Holdfast does not have yet. */
export const laterClaims: readonly Claim[] = [
  later(
    'mail-tokens',
    'Verification, reset and change by mail use single-use tokens that expire, and every change is told by mail.',
    'open a reset link twice',
  ),
]

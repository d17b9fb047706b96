import type { PasskeyParts, Passkeys } from './passkeys.ts'
import { createPasskeyStore } from './passkeys-keep.ts'
import { createPasskeyProof } from './passkeys-prove.ts'

/** Passkeys: made, asked for, judged. */
export const createPasskeys = (parts: PasskeyParts): Passkeys => ({
  ...createPasskeyProof(parts),
  ...createPasskeyStore(parts),
})

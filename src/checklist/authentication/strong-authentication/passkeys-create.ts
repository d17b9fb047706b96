import type { PasskeyParts, Passkeys, PasskeysOptions } from './passkeys.ts'
import { createPasskeyStore } from './passkeys-keep.ts'
import { createPasskeyProof } from './passkeys-prove.ts'
import { PASSKEY_RULES } from './passkeys-rules.ts'

/** Passkeys: made, asked for, judged. */
export function createPasskeys(options: PasskeysOptions): Passkeys {
  const parts: PasskeyParts = { ...options, passkeyRules: options.passkeyRules ?? PASSKEY_RULES }
  return { ...createPasskeyProof(parts), ...createPasskeyStore(parts) }
}

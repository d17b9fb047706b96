import { createOpenIdClient } from '../../../platform/openid/index.ts'
import { createAccounts } from './accounts.ts'
import { toldOf } from './breach-check.ts'
import { createCredentials } from './credentials.ts'
import { createMailLinks } from './mail-links.ts'
import { createNotices } from './notices.ts'
import { createOpenId } from './openid-create.ts'
import { createPasskeys } from './passkeys-create.ts'
import { PASSKEY_RULES } from './passkeys-rules.ts'
import { createPasswordCheck } from './password-check.ts'
import { createRules } from './rules.ts'
import { openFilter } from './shipped-filter.ts'
import type { Parts, StrongAuthentication, StrongAuthenticationOptions } from './strong-authentication.ts'

/**
 * Passwords: which are accepted, how they are kept, and who signs in with them.
 *
 * Everything it is made of stands in {@link StrongAuthentication.parts}, so that a wrapped control is made by
 * `createStrongAuthentication({ ...control.parts, … })` and all its functions see the change.
 *
 * @throws StartRefusal where the filter of common passwords can't be read.
 */
export function createStrongAuthentication(options: StrongAuthenticationOptions): StrongAuthentication {
  const isCommon = options.isCommon ?? openFilter()
  const parts: Parts = {
    ...options,
    isCommon,
    toldOf: options.toldOf ?? toldOf,
    rules: options.rules ?? createRules(isCommon),
    openid: options.openid ?? createOpenIdClient({ providers: [], clock: options.clock }),
    passkeyRules: options.passkeyRules ?? PASSKEY_RULES,
    parameters: options.parameters ?? FLOOR,
    minimum: options.minimum ?? { alone: 15, withSecondFactor: 8 },
  }
  const check = createPasswordCheck(parts)
  const credentials = createCredentials(parts)
  return {
    parts,
    passkeys: createPasskeys(parts),
    openid: createOpenId({ ...parts, client: parts.openid }),
    links: createMailLinks(parts),
    notices: createNotices(),
    ...check,
    ...credentials,
    ...createAccounts(parts),
  }
}

/** OWASP's floor for argon2id: 19 MiB, two passes. */
const FLOOR = Object.freeze({ memoryKiB: 19_456, passes: 2 })

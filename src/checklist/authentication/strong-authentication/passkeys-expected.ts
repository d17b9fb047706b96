import type { SecurityEvent } from '../../../kernel/event.ts'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Expected, WebauthnFault, WebauthnMismatch } from '../../../platform/webauthn/index.ts'
import type { PasskeyDescriptor, PasskeyKind, PasskeyParts } from './passkeys.ts'
import { MOST_PASSKEYS } from './passkeys.ts'
import type { Origin } from './strong-authentication.ts'

/** Why a passkey was refused: for the event. Towards the outside all of them are the same. */
export class PasskeyFault extends Error {
  override readonly name = 'PasskeyFault'
  readonly fault:
    | 'unknown'
    | 'signature'
    | 'challenge'
    | 'used'
    | 'another-account'
    | 'owner'
    | 'disabled'
    | 'counter'
    | 'taken'
    | 'kind'

  constructor(fault: PasskeyFault['fault']) {
    super(`the passkey does not fit: ${fault}`)
    this.fault = fault
  }
}

/** Reports why, and makes the refusal that says nothing of it. */
export const refusing =
  ({ events }: Pick<PasskeyParts, 'events'>) =>
  (error: PasskeyFault | WebauthnMismatch, origin: Origin): Refusal => {
    const reason: PasskeyFault['fault'] | WebauthnFault = error.fault
    const event: SecurityEvent = { name: 'authn_passkey_fail', result: 'failure', fields: { reason }, ...origin }
    events.report(event)
    return new Refusal('passkey-refused')
  }

/** What an answer shown by a page of `origin` must fit, of a key of this kind. */
export function expectedFrom(
  { publicOrigins, passkeyRules }: PasskeyParts,
  origin: string,
  kind: PasskeyKind,
): Expected {
  return {
    origins: passkeyRules.origins(publicOrigins, origin),
    rpIds: [...new Set(publicOrigins.map(hostOf))],
    userVerification: kind === 'passkey' && passkeyRules.userVerification,
  }
}

/** The host that passkeys asked for from a page of `at` are bound to. */
export function rpIdAt({ publicOrigins }: Pick<PasskeyParts, 'publicOrigins'>, at: string | undefined): string {
  const origin = publicOrigins.find((ours) => ours === at) ?? publicOrigins[0]
  return origin === undefined ? 'localhost' : hostOf(origin)
}

/** An account's passkeys, for the browser to choose from. */
export async function descriptorsOf(
  { accounts }: Pick<PasskeyParts, 'accounts'>,
  accountId: string,
): Promise<readonly PasskeyDescriptor[]> {
  const rows = await accounts
    .as(NOBODY)
    .selectFrom('holdfast.passkey')
    .select(['credential_id', 'transports'])
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .limit(MOST_PASSKEYS)
    .execute()
  return rows.map(({ credential_id, transports }) => ({
    type: 'public-key',
    id: credential_id.toString('base64url'),
    transports,
  }))
}

const hostOf = (origin: string): string => new URL(origin).hostname

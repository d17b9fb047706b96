import type {
  PasskeyCreation,
  PasskeyKind,
  PasskeyView,
} from '../checklist/authentication/strong-authentication/index.ts'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import type { Attestation } from '../platform/webauthn/index.ts'
import type { AccountView } from './accounts.ts'
import { type Headers, type Member, origin, pageOf } from './caller.ts'
import type { Controls } from './controls.ts'
import { FactorChanges } from './factor-changes.ts'
import type { BackendParts } from './parts.ts'

/** A passkey that was just kept, and what comes with it. */
export interface AddedPasskey {
  readonly passkey: PasskeyView
  /** Where there were none: shown now and never again. */
  readonly recoveryCodes: readonly string[] | null
  readonly headers: Headers
}

/** One's own passkeys: each change asks for who one is, and is told by mail. */
export class PasskeyKeeping {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #changes: FactorChanges

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
    this.#changes = new FactorChanges(controls, parts)
  }

  list({ principal }: Pick<Member, 'principal'>): Promise<readonly PasskeyView[]> {
    return this.#passkeys.list(principal.accountId)
  }

  /** @throws Refusal `not-found` for one that is not the caller's, as for none. */
  async find(passkeyId: string, caller: Pick<Member, 'principal'>): Promise<PasskeyView> {
    const found = (await this.list(caller)).find(({ id }) => id === passkeyId)
    if (found === undefined) throw new Refusal('not-found')
    return found
  }

  /** What the browser makes a new passkey with. */
  async creation(caller: Member, kind: PasskeyKind): Promise<PasskeyCreation> {
    return this.#passkeys.creation(await this.#account(caller.principal.accountId), pageOf(caller), kind)
  }

  /**
   * Keeps a new passkey or security key. Whoever adds it has proved another factor within minutes, and has just used this one: the
   * session is one of two factors from now on.
   *
   * @throws Refusal `passkey-refused`; `conflict` where there are as many as there may be.
   */
  async add(
    { name, credential }: { readonly name: string; readonly credential: Attestation },
    kind: PasskeyKind,
    caller: Member,
  ): Promise<AddedPasskey> {
    const { accountId } = caller.principal
    const made = await this.#passkeys.proveNew(credential, accountId, kind, origin(caller))
    return this.#sessions.change(async (tx) => {
      await this.#factors.lock(tx, accountId)
      const passkey = await this.#passkeys.add(tx, accountId, name.normalize('NFC').trim(), made, origin(caller))
      const change = { change: `${kind}-added`, detail: passkey.name } as const
      return { passkey, ...(await this.#changes.added(tx, change, caller)) }
    })
  }

  /** @throws Refusal `not-found` for one that is not the caller's, as for none. */
  async rename(passkeyId: string, name: string, caller: Member): Promise<void> {
    const renamed = await this.#passkeys.rename(caller.principal.accountId, passkeyId, name.normalize('NFC').trim())
    if (!renamed) throw new Refusal('not-found')
  }

  /** @throws Refusal `not-found` for one that is not the caller's; `conflict` for the last factor of who needs one. */
  async remove(passkeyId: string, caller: Member): Promise<Headers> {
    const { accountId } = caller.principal
    const { headers } = await this.#sessions.change(async (tx) => {
      await this.#factors.lock(tx, accountId)
      const removed = await this.#passkeys.remove(tx, accountId, passkeyId, origin(caller))
      if (removed === null) throw new Refusal('not-found')
      return this.#changes.removed(tx, { change: `${removed.kind}-removed`, detail: removed.name }, caller)
    })
    return headers
  }

  async #account(accountId: string): Promise<AccountView> {
    const row = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select(['id', 'email', 'name'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (row === undefined) throw new Refusal('not-found')
    return row
  }

  get #passkeys() {
    return this.#controls['authentication/strong-authentication'].passkeys
  }

  get #factors() {
    return this.#controls['authentication/multi-factor']
  }

  get #sessions() {
    return this.#controls['authentication/session-management']
  }
}

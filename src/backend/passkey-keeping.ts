import type { PasskeyCreation, PasskeyView } from '../checklist/authentication/strong-authentication/index.ts'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import type { Attestation } from '../platform/webauthn/index.ts'
import type { AccountView } from './accounts.ts'
import { type Headers, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import { FactorChanges } from './factor-changes.ts'
import type { BackendParts } from './parts.ts'
import { type Asking, pageOf } from './passkeys.ts'

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

  /** Whether the caller may change their factors: who has a second factor has shown it. */
  async admits({ principal }: Pick<Member, 'principal'>): Promise<boolean> {
    if (principal.assurance >= 2) return true
    const { totp, passkeys } = await this.#factors.factorsOf(principal.accountId)
    return !totp && passkeys === 0
  }

  /** What the browser makes a new passkey with. @throws Refusal `second-factor-required`. */
  async creation(caller: Asking<Member>): Promise<PasskeyCreation> {
    await this.#admit(caller)
    return this.#passkeys.creation(await this.#account(caller.principal.accountId), pageOf(caller))
  }

  /**
   * Keeps a new passkey. Its authenticator has just checked its owner, so that the session is one of two factors from now on.
   *
   * @throws Refusal `passkey-refused`, `second-factor-required`; `conflict` where there are as many as there may be.
   */
  async add(
    { name, credential }: { readonly name: string; readonly credential: Attestation },
    caller: Member,
  ): Promise<{ readonly passkey: PasskeyView; readonly headers: Headers }> {
    await this.#admit(caller)
    const { accountId } = caller.principal
    const made = await this.#passkeys.proveNew(credential, accountId, origin(caller))
    return this.#sessions.change(async (tx) => {
      await this.#factors.lock(tx, accountId)
      const passkey = await this.#passkeys.add(tx, accountId, name.normalize('NFC').trim(), made, origin(caller))
      const { headers } = await this.#changes.added(tx, { change: 'passkey-added', detail: passkey.name }, caller)
      return { passkey, headers }
    })
  }

  /** @throws Refusal `not-found` for one that is not the caller's, as for none. */
  async rename(passkeyId: string, name: string, caller: Member): Promise<void> {
    const renamed = await this.#passkeys.rename(caller.principal.accountId, passkeyId, name.normalize('NFC').trim())
    if (!renamed) throw new Refusal('not-found')
  }

  /**
   * @throws Refusal `second-factor-required`; `not-found` for one that is not the caller's, as for none; `conflict` for the last
   * factor of somebody whose role requires one.
   */
  async remove(passkeyId: string, caller: Member): Promise<Headers> {
    await this.#admit(caller)
    const { accountId } = caller.principal
    const { headers } = await this.#sessions.change(async (tx) => {
      await this.#factors.lock(tx, accountId)
      const name = await this.#passkeys.remove(tx, accountId, passkeyId, origin(caller))
      if (name === null) throw new Refusal('not-found')
      return this.#changes.removed(tx, { change: 'passkey-removed', detail: name }, caller)
    })
    return headers
  }

  async #admit(caller: Member): Promise<void> {
    if (!(await this.admits(caller))) throw new Refusal('second-factor-required')
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

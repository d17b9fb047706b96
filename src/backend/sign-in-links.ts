import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { type Caller, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import { accountAt, confirmAddress } from './link-account.ts'
import { LinkSender } from './link-sender.ts'
import type { BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'

/** Signing in by a link that was sent by mail: one factor, like a password. */
export class SignInLinks {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #door: SignIn
  readonly #links: LinkSender

  constructor(controls: Controls, parts: BackendParts, door: SignIn) {
    this.#controls = controls
    this.#parts = parts
    this.#door = door
    this.#links = new LinkSender(controls, parts)
  }

  /** Sends a link where the address has an account. @throws Refusal `too-many-attempts`, `challenge-required`. */
  async ask(address: string, caller: Caller): Promise<void> {
    await this.#links.ask('sign-in', address, caller)
  }

  /** Whose a link is. @throws Refusal `link-invalid`. */
  async look(token: string, caller: Caller): Promise<{ readonly email: string }> {
    const { email } = await this.#strong.links.look('sign-in', token, whence(caller))
    return { email }
  }

  /** @throws Refusal `link-invalid`. */
  async complete(token: string, caller: Caller): Promise<SignInResult> {
    const { email } = await this.look(token, caller)
    const account = await accountAt(this.#parts.accounts.as(NOBODY), email)
    const who = { ...whence(caller), accountId: account.id }
    const result = await this.#door.finish(
      {
        account,
        method: 'link',
        assurance: 1,
        stillStands: async (tx) => {
          const link = await this.#strong.links.use(tx, 'sign-in', token, who)
          await this.#controls['authentication/multi-factor'].lock(tx, account.id)
          if ((await accountAt(tx, link.email)).id !== account.id) throw new Refusal('link-invalid')
          await confirmAddress(tx, account.id, this.#parts.clock.now())
        },
      },
      caller,
    )
    this.#parts.events.report({
      name: 'authn_login_success',
      result: 'success',
      fields: { method: 'link' },
      ...who,
    })
    return result
  }

  get #strong() {
    return this.#controls['authentication/strong-authentication']
  }
}

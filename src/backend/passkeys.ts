import type { PasskeyRequest } from '../checklist/authentication/strong-authentication/index.ts'
import type { Assertion } from '../platform/webauthn/index.ts'
import type { Caller } from './caller.ts'
import type { Controls } from './controls.ts'
import type { BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'

/** A flow's caller, and the page that asks. */
type From<Who> = Who & { readonly headers: unknown }

/** Passkeys as people use them: to sign in, to confirm, and to keep in order. */
export class Passkeys {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #door: SignIn

  constructor(controls: Controls, parts: BackendParts, door: SignIn) {
    this.#controls = controls
    this.#parts = parts
    this.#door = door
  }

  /** What the browser of a visitor is asked with: the same for everybody. */
  signInRequest(caller: From<Caller>): Promise<PasskeyRequest> {
    return this.#passkeys.request({ purpose: 'sign-in', accountId: null }, pageOf(caller))
  }

  /** @throws Refusal `passkey-refused`. */
  async signIn(answer: Assertion, caller: Caller): Promise<SignInResult> {
    const proved = await this.#passkeys.prove(answer, { purpose: 'sign-in', accountId: null }, strangers(caller))
    const result = await this.#door.finish(
      {
        account: proved.account,
        method: 'passkey',
        assurance: 2,
        stillStands: (tx) => this.#passkeys.use(tx, proved, strangers(caller)),
      },
      caller,
    )
    this.#parts.events.report({
      name: 'authn_login_success',
      result: 'success',
      fields: { method: 'passkey' },
      ...strangers(caller),
      accountId: proved.account.id,
    })
    return result
  }

  get #passkeys() {
    return this.#controls['authentication/strong-authentication'].passkeys
  }
}

/** The origin of the page a request comes from, as its browser says it. */
const pageOf = ({ headers }: { readonly headers: unknown }): string | undefined => {
  const origin = (headers as Readonly<Record<string, unknown>>).origin
  return typeof origin === 'string' ? origin : undefined
}

/** Where a sign-in comes from; whoever was signed in before is not who acts. */
const strangers = (caller: Caller) => ({ address: caller.address, requestId: caller.requestId })

import type { PasskeyRequest, ProvedPasskey } from '../checklist/authentication/strong-authentication/index.ts'
import type { Assurance } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import type { Assertion } from '../platform/webauthn/index.ts'
import type { Accounts } from './accounts.ts'
import { type Caller, type Headers, type Member, origin, pageOf, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import type { BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'

/** Passkeys as proof of who somebody is: to sign in, as the second step of it, and to confirm. */
export class Passkeys {
  readonly #controls: Controls
  readonly #parts: Pick<BackendParts, 'events'>
  readonly #door: SignIn
  readonly #best: Assurance
  readonly #confirmPassword: (password: string, caller: Member) => Promise<void>

  /** @param best - the most that a route asks for: below 3 nobody's session is judged by where their passkey is kept. */
  constructor(
    controls: Controls,
    parts: Pick<BackendParts, 'events'>,
    { door, confirmPassword }: Pick<Accounts, 'door' | 'confirmPassword'>,
    best: Assurance,
  ) {
    this.#controls = controls
    this.#parts = parts
    this.#door = door
    this.#best = best
    this.#confirmPassword = confirmPassword
  }

  /** What the browser of a visitor is asked with: the same for everybody. */
  signInRequest(caller: Caller): Promise<PasskeyRequest> {
    return this.#passkeys.request(ANYBODY, pageOf(caller))
  }

  /** @throws Refusal `passkey-refused`. */
  async signIn(answer: Assertion, caller: Caller): Promise<SignInResult> {
    const from = whence(caller)
    const proved = await this.#passkeys.prove(answer, ANYBODY, from)
    const result = await this.#door.finish(
      {
        account: proved.account,
        method: 'passkey',
        // Again, behind the rule that refuses it: a key that checks nobody is one factor.
        assurance: proved.kind === 'passkey' ? this.#assuranceOf(proved) : 1,
        stillStands: (tx) => this.#passkeys.use(tx, proved, from),
      },
      caller,
    )
    this.#signedIn(proved, caller)
    return result
  }

  /** @throws Refusal `authentication-required` where no sign-in waits for its second step. */
  async secondRequest(caller: Caller): Promise<PasskeyRequest> {
    const { accountId } = await this.#door.pending(caller)
    return this.#passkeys.request({ purpose: 'second-factor', accountId }, pageOf(caller))
  }

  /** The second step of a sign-in. @throws Refusal `authentication-required`, `passkey-refused`. */
  async second(answer: Assertion, caller: Caller): Promise<SignInResult> {
    const from = whence(caller)
    const { accountId } = await this.#door.pending(caller)
    const proved = await this.#passkeys.prove(answer, { purpose: 'second-factor', accountId }, from)
    const result = await this.#door.second((tx) => this.#passkeys.use(tx, proved, from), caller)
    // Whoever guessed at the app's codes was not the one who has the passkey.
    await this.#controls['authentication/enumeration-and-brute-force'].forget('code', accountId)
    this.#signedIn(proved, caller)
    return result
  }

  confirmRequest(caller: Member): Promise<PasskeyRequest> {
    const { accountId } = caller.principal
    return this.#passkeys.request({ purpose: 'step-up', accountId }, pageOf(caller))
  }

  /**
   * Once more who is signed in: the session is as good as new, under a new token.
   *
   * @param password - asked of who comes with a security key, which is one factor alone.
   * @throws Refusal `passkey-refused`; `second-factor-required` where the password is missing; `credentials-wrong`, `too-many-attempts`.
   */
  async confirm(answer: Assertion, password: string | undefined, caller: Member): Promise<Headers> {
    const { accountId } = caller.principal
    const from = origin(caller)
    const proved = await this.#passkeys.prove(answer, { purpose: 'step-up', accountId }, from)
    if (proved.kind === 'security-key') {
      if (password === undefined) throw new Refusal('second-factor-required')
      await this.#confirmPassword(password, caller)
    }
    const sessions = this.#controls['authentication/session-management']
    const session = await sessions.change(async (tx) => {
      await this.#passkeys.use(tx, proved, from)
      const authenticated = proved.kind === 'passkey' ? this.#assuranceOf(proved) : 2
      return sessions.rotate(tx, caller.principal, { reason: 'step-up', authenticated }, caller)
    })
    this.#parts.events.report({ name: 'authn_step_up', result: 'success', fields: { method: proved.kind }, ...from })
    return session.headers
  }

  /** Its owner was checked either way; a key that can not be copied besides is the best there is. NIST SP 800-63B-4 2.3.1 */
  #assuranceOf({ deviceBound }: ProvedPasskey): Assurance {
    return deviceBound && this.#best === 3 ? 3 : 2
  }

  #signedIn({ account, kind }: ProvedPasskey, caller: Caller): void {
    this.#parts.events.report({
      name: 'authn_login_success',
      result: 'success',
      fields: { method: kind },
      ...whence(caller),
      accountId: account.id,
    })
  }

  get #passkeys() {
    return this.#controls['authentication/strong-authentication'].passkeys
  }
}

const ANYBODY = { purpose: 'sign-in', accountId: null } as const

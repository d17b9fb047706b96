import type { Admission, Factors, FirstMethod, PendingSignIn } from '../checklist/authentication/multi-factor/index.ts'
import type { Assurance } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import type { AccountView } from './accounts.ts'
import { type Caller, type Headers, mergeHeaders, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import type { FactorResets } from './factor-resets.ts'
import { LinkSender } from './link-sender.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import { en } from './words/en/index.ts'

/** Somebody has shown who they are, in one of the ways there are. */
export interface FirstFactor {
  readonly account: AccountView
  readonly method: FirstMethod
  /** 2 for a passkey with user verification, else 1. */
  readonly assurance: Assurance
  /** Whether the proof still stands, inside the transaction that makes the session. Throws a Refusal where not. */
  readonly stillStands: (tx: AccountsTransaction) => Promise<void>
}

/** What came of it: a session, or the second step. */
export type SignInResult =
  | SignedIn
  | { readonly kind: 'second-factor'; readonly factors: Factors; readonly headers: Headers }

interface SignedIn {
  readonly kind: 'signed-in'
  readonly account: AccountView
  readonly headers: Headers
}

/** The one door: password, link, OpenID and passkey all end here, and nothing else makes a session for somebody who had none. */
export class SignIn {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #resets: FactorResets
  readonly #links: LinkSender

  constructor(controls: Controls, parts: BackendParts, resets: FactorResets) {
    this.#controls = controls
    this.#parts = parts
    this.#resets = resets
    this.#links = new LinkSender(controls, parts)
  }

  /**
   * @throws Refusal `password-change-required` where the password was chosen beside a second factor, is too short without one, and none
   * is left: an administrator reset them. A link to choose another is mailed.
   */
  async finish(proof: FirstFactor, caller: Caller): Promise<SignInResult> {
    const sessions = this.#controls['authentication/session-management']
    const factors = this.#controls['authentication/multi-factor']
    const { account, method, assurance } = proof
    const result = await sessions.change<SignInResult | null>(async (tx) => {
      await factors.lock(tx, account.id)
      await proof.stillStands(tx)
      await this.#resets.finishDue(tx, account.id)
      const admission = await factors.admit(tx, { accountId: account.id, method, assurance })
      if (admission.kind === 'second-factor')
        return {
          kind: 'second-factor',
          factors: admission.factors,
          headers: this.#pending(admission),
        }
      await factors.endPending(tx, account.id)
      // Refused below, once the link to another one is committed.
      if (method === 'password' && admission.assurance < 2 && !(await this.#mayBeAll(tx, account, caller))) return null
      if (admission.assurance >= 2) await this.#resets.cancelIn(tx, account.id, caller)
      const session = await sessions.create(
        tx,
        { accountId: account.id, assurance: admission.assurance, presented: caller.principal },
        caller,
      )
      return { kind: 'signed-in', account, headers: session.headers }
    })
    if (result === null) throw new Refusal('password-change-required', en.passwords.change)
    return result.kind === 'signed-in' ? this.#knownFrom(result, caller) : result
  }

  /** Whose sign-in waits for its second step. @throws Refusal `authentication-required` where none does. */
  async pending(caller: Pick<Caller, 'cookie'>): Promise<PendingSignIn> {
    const token = caller.cookie('__Host-pending')
    const pending = token === undefined ? null : await this.#controls['authentication/multi-factor'].pending(token)
    if (pending === null) throw new Refusal('authentication-required')
    return pending
  }

  /**
   * The second step: a session of assurance 2, and the half-finished sign-in is used up.
   *
   * @param prove - uses the second factor of the account up, in the transaction that makes the session. Throws a Refusal where it is wrong.
   * @throws Refusal `authentication-required` where no sign-in waits for it.
   */
  async second(
    prove: (tx: AccountsTransaction, accountId: string) => Promise<void>,
    caller: Caller,
  ): Promise<SignedIn> {
    const sessions = this.#controls['authentication/session-management']
    const token = caller.cookie('__Host-pending')
    if (token === undefined) throw new Refusal('authentication-required')
    const factors = this.#controls['authentication/multi-factor']
    const waiting = await this.pending(caller)
    const result = await sessions.change(async (tx) => {
      await factors.lock(tx, waiting.accountId)
      const { accountId } = await factors.complete(tx, token)
      await prove(tx, accountId)
      // Whoever is in needs no other half-finished sign-in, and no administrator's help.
      await factors.endPending(tx, accountId)
      await this.#resets.cancelIn(tx, accountId, caller)
      const account = await tx
        .selectFrom('holdfast.account')
        .select(['id', 'email', 'name'])
        .where('id', '=', accountId)
        .where('disabled_at', 'is', null)
        .forShare()
        .executeTakeFirst()
      if (account === undefined) throw new Refusal('authentication-required')
      const session = await sessions.create(tx, { accountId, assurance: 2, presented: caller.principal }, caller)
      return { kind: 'signed-in', account, headers: mergeHeaders(NO_LONGER_PENDING, session.headers) } as const
    })
    return this.#knownFrom(result, caller)
  }

  /** Whichever way somebody signed in, and all of it: their browser has a budget of its own from now on. */
  async #knownFrom(result: SignedIn, caller: Pick<Caller, 'cookie'>): Promise<SignedIn> {
    const guessing = this.#controls['authentication/enumeration-and-brute-force']
    const device = await guessing.remember(result.account.id, caller.cookie('__Host-device'))
    return { ...result, headers: mergeHeaders(result.headers, device) }
  }

  /** Whether a right password may open the account with nothing else. Where not, its owner is sent a link to choose another. */
  async #mayBeAll(tx: AccountsTransaction, { id, email }: AccountView, caller: Caller): Promise<boolean> {
    if (await this.#controls['authentication/strong-authentication'].standsAlone(tx, id)) return true
    const event = { name: 'authn_password_outgrown', result: 'failure', fields: {} } as const
    await this.#parts.events.stage(tx, { ...event, ...whence(caller), accountId: id })
    await this.#links.toAccount(tx, { email, why: 'reset-outgrown' }, caller)
    return false
  }

  #pending({ token, expiresAt }: Admission & { readonly kind: 'second-factor' }): Headers {
    const maxAge = Math.max(0, Math.floor((expiresAt - this.#parts.clock.now()) / 1000))
    return {
      'set-cookie': `__Host-pending=${token.release()}; Path=/; Max-Age=${maxAge}; Secure; HttpOnly; SameSite=Strict`,
      'cache-control': 'no-store',
    }
  }
}

const NO_LONGER_PENDING: Headers = {
  'set-cookie': '__Host-pending=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict',
}

import type { AccessControl } from '../checklist/authentication/access-control/index.ts'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { Secret } from '../kernel/secret.ts'
import type { AccountView } from './accounts.ts'
import { type Caller, type Member, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import { accountAt, confirmAddress } from './link-account.ts'
import { LinkSender } from './link-sender.ts'
import { LinksUnderWay } from './links-under-way.ts'
import { Notices } from './notices.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'

/** A password that was forgotten: whoever receives mail at the account's address chooses a new one. */
export class PasswordResets {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #door: SignIn
  readonly #links: LinkSender
  readonly #underWay = new LinksUnderWay()
  readonly #notices: Notices

  constructor(controls: Controls, parts: BackendParts, door: SignIn) {
    this.#controls = controls
    this.#parts = parts
    this.#door = door
    this.#links = new LinkSender(controls, parts)
    this.#notices = new Notices(controls, parts)
  }

  /** Sends a link where the address has an account. @throws Refusal `too-many-attempts`, `challenge-required`. */
  async ask(address: string, caller: Caller): Promise<void> {
    await this.#links.ask('reset', address, caller)
  }

  /**
   * An administrator has the link sent to the account's own address. Nothing of the account changes before it is used: the password
   * it has goes on, so that an administrator can't lock anybody out by it.
   *
   * @throws Refusal `not-found`; `grant-beyond-own` for somebody who may do more than the caller.
   */
  async askFor(accountId: string, by: Member): Promise<void> {
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      const account = await tx
        .selectFrom('holdfast.account')
        .select('email')
        .where('id', '=', accountId)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
      if (account === undefined) throw new Refusal('not-found')
      await this.#access.mayActOn(tx, by.principal, accountId, by)
      await this.#links.toAccount(tx, { email: account.email, why: 'reset-by-administrator' }, by)
    })
  }

  /** Whose password a link is for, and how long it has to be. @throws Refusal `link-invalid`. */
  async look(token: string, caller: Caller): Promise<{ readonly email: string; readonly secondFactor: boolean }> {
    const { account, secondFactor } = await this.#owner(token, caller)
    return { email: account.email, secondFactor }
  }

  /**
   * Sets the password, ends all sessions and goes on to the door, where whoever has a second factor is asked for it: receiving mail is
   * one factor, and no more than that.
   *
   * @throws Refusal `link-invalid`, `password-refused`.
   */
  async complete(input: { readonly token: string; readonly password: string }, caller: Caller): Promise<SignInResult> {
    const owner = await this.#owner(input.token, caller)
    return this.#underWay.alone(input.token, () => this.#complete(input, owner, caller))
  }

  async #complete(
    input: { readonly token: string; readonly password: string },
    { account, secondFactor }: Owner,
    caller: Caller,
  ): Promise<SignInResult> {
    const strong = this.#controls['authentication/strong-authentication']
    const prepared = await strong.preparePassword(
      new Secret(input.password),
      { ...account, secondFactor },
      whence(caller),
    )
    const who = { ...whence(caller), accountId: account.id }
    const guessing = this.#controls['authentication/enumeration-and-brute-force']
    const result = await this.#door.finish(
      {
        account,
        method: 'link',
        assurance: 1,
        stillStands: async (tx) => {
          const { email } = await strong.links.use(tx, 'reset', input.token, who)
          await this.#lock(tx, account.id, email)
          await strong.storePassword(tx, account.id, prepared, who)
          await this.#controls['authentication/session-management'].endAll(tx, account.id, null, caller)
          await this.#controls['authentication/multi-factor'].endPending(tx, account.id)
          await strong.links.voidAll(tx, account)
          await confirmAddress(tx, account.id, this.#parts.clock.now())
          await this.#notices.tell(tx, account.id, { change: 'password-reset' }, caller)
          // A device that was known to who knew the old password is known no more; the one of whoever resets it is known anew.
          await guessing.forgetDevices(account.id)
        },
      },
      caller,
    )
    // What was guessed was guessed at the old password.
    await guessing.forget('password', account.email)
    return result
  }

  async #owner(token: string, caller: Caller): Promise<Owner> {
    const { email } = await this.#controls['authentication/strong-authentication'].links.look(
      'reset',
      token,
      whence(caller),
    )
    const account = await accountAt(this.#parts.accounts.as(NOBODY), email)
    const { totp, passkeys } = await this.#controls['authentication/multi-factor'].factorsOf(account.id)
    return { account, secondFactor: totp || passkeys > 0 }
  }

  /** The account still has the address that the link was sent to, until the transaction ends. */
  async #lock(tx: AccountsTransaction, accountId: string, email: string): Promise<void> {
    await this.#controls['authentication/multi-factor'].lock(tx, accountId)
    if ((await accountAt(tx, email)).id !== accountId) throw new Refusal('link-invalid')
  }

  get #access(): AccessControl {
    return this.#controls['authentication/access-control']
  }
}

/** Whose password a link is for. */
interface Owner {
  readonly account: AccountView
  readonly secondFactor: boolean
}

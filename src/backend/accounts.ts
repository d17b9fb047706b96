import type { ListedSession, Sessions } from '../checklist/authentication/session-management/index.ts'
import { NOBODY, type Principal } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { Secret } from '../kernel/secret.ts'
import { Addresses } from './addresses.ts'
import { type Caller, type Headers, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import { FactorResets } from './factor-resets.ts'
import { guarded, unlessLocked } from './guarded.ts'
import { NewAccounts } from './new-accounts.ts'
import { Notices } from './notices.ts'
import { OpenIdSignIn } from './openid.ts'
import type { BackendParts } from './parts.ts'
import { PasswordResets } from './password-resets.ts'
import { SecondFactor, type TypedCode } from './second-factor.ts'
import { SignIn, type SignInResult } from './sign-in.ts'
import { SignInLinks } from './sign-in-links.ts'
import { Tenants } from './tenants.ts'
import { en } from './words/en/index.ts'

/** An account as its owner sees it. */
export interface AccountView {
  readonly id: string
  readonly email: string
  readonly name: string
}

export interface SessionView {
  readonly account: AccountView
  /** Whether it was ever proved that mail to the address arrives. */
  readonly emailVerified: boolean
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  readonly tenantId: string | null
  readonly assurance: number
  readonly authenticatedAt: string
  readonly expiresAt: string
}

/** The flows in which several items meet. Items never call each other; each call below goes through the composed controls. */
export class Accounts {
  readonly #controls: Controls
  readonly #parts: BackendParts
  /** What members do with the tenants they are in. */
  readonly tenants: Tenants
  /** Where every way of signing in ends. */
  readonly door: SignIn
  /** The second step, and one's factors. */
  readonly secondFactor: SecondFactor
  /** What an administrator does for somebody who lost them all. */
  readonly factorResets: FactorResets
  /** How accounts come to be. */
  readonly made: NewAccounts
  /** Passwords that were forgotten. */
  readonly resets: PasswordResets
  /** Signing in by a link that was sent by mail. */
  readonly signInLinks: SignInLinks
  /** Confirming an address, and taking another. */
  readonly addresses: Addresses
  /** Signing in with an outside provider. */
  readonly openid: OpenIdSignIn
  readonly #notices: Notices

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
    this.tenants = new Tenants(controls, parts)
    this.factorResets = new FactorResets(controls, parts)
    this.door = new SignIn(controls, parts, this.factorResets)
    this.secondFactor = new SecondFactor(controls, parts, this.door)
    this.made = new NewAccounts(controls, parts, this.tenants, this.door)
    this.openid = new OpenIdSignIn(controls, parts, this.door, this.made)
    this.resets = new PasswordResets(controls, parts, this.door)
    this.signInLinks = new SignInLinks(controls, parts, this.door)
    this.addresses = new Addresses(controls, parts)
    this.#notices = new Notices(controls, parts)
  }

  /**
   * @throws Refusal `credentials-wrong`, the same for an unknown account, a wrong password and a disabled account;
   * `too-many-attempts`, `challenge-required`, `overloaded`.
   */
  async signIn(input: { readonly email: string; readonly password: string }, caller: Caller): Promise<SignInResult> {
    const strong = this.#controls['authentication/strong-authentication']
    strong.expectTurn(origin(caller))
    return guarded(this.#controls, this.#parts, {
      flow: 'sign-in',
      subject: input.email,
      caller,
      work: async (admitted) => {
        const password = new Secret(unlessLocked(admitted, input.password, this.#parts.random))
        const account = await strong.signIn({ email: input.email, password }, origin(caller))
        return this.door.finish(
          { account, method: 'password', assurance: 1, stillStands: (tx) => strong.stillStands(tx, account) },
          caller,
        )
      },
    })
  }

  /**
   * The password once more, and a code of who has a second factor: the session is as good as new, under a new token.
   *
   * @throws Refusal `second-factor-required` where the code is missing; `password-change-required` where the password is right and too
   * short to be the only factor; `credentials-wrong`, `code-wrong`, `too-many-attempts`.
   */
  async stepUp(password: string, typed: TypedCode | undefined, caller: Member): Promise<Headers> {
    const account = await this.#view(caller.principal.accountId)
    const { totp, passkeys } = await this.#controls['authentication/multi-factor'].factorsOf(account.id)
    const asked = totp || passkeys > 0
    if (asked && typed === undefined) throw new Refusal('second-factor-required')
    await this.#confirm(password, account, caller)
    if (asked && typed !== undefined) return this.secondFactor.confirm(typed, caller)
    const { standsAlone } = this.#controls['authentication/strong-authentication']
    if (!(await standsAlone(this.#parts.accounts.as(NOBODY), account.id)))
      throw new Refusal('password-change-required', en.passwords.changeFirst)
    const session = await this.#sessions.change((tx) =>
      this.#sessions.rotate(tx, caller.principal, { reason: 'step-up', authenticated: 1 }, caller),
    )
    return session.headers
  }

  /** Changes the password, ends all other sessions, replaces the token of this one. */
  async changePassword(
    input: { readonly current: string; readonly password: string },
    caller: Member,
  ): Promise<Headers> {
    const strong = this.#controls['authentication/strong-authentication']
    const { principal } = caller
    const account = await this.#view(principal.accountId)
    await this.#confirm(input.current, account, caller)
    const { totp, passkeys } = await this.#controls['authentication/multi-factor'].factorsOf(account.id)
    const owner = { ...account, secondFactor: totp || passkeys > 0 }
    // A password alone changes no password where there is more to prove.
    if (owner.secondFactor && principal.assurance < 2) throw new Refusal('step-up-required')
    const prepared = await strong.preparePassword(new Secret(input.password), owner, origin(caller))
    const session = await this.#sessions.change(async (tx) => {
      await strong.storePassword(tx, principal.accountId, prepared, origin(caller))
      await strong.links.voidAll(tx, account)
      await this.#controls['authentication/multi-factor'].endPending(tx, account.id)
      await this.#notices.tell(tx, account.id, { change: 'password-changed' }, caller)
      await this.#sessions.endOthers(tx, principal, 'password-change', caller)
      return this.#sessions.rotate(tx, principal, { reason: 'password-change', authenticated: 1 }, caller)
    })
    const guessing = this.#controls['authentication/enumeration-and-brute-force']
    // What was guessed was guessed at the old one, and devices may be known to who knew it.
    await guessing.forget('password', account.email)
    await guessing.forgetDevices(account.id, caller.cookie('__Host-device'))
    return session.headers
  }

  /** The first half of confirming with a security key. @throws Refusal `credentials-wrong`, `too-many-attempts`. */
  readonly confirmPassword = async (password: string, caller: Member): Promise<void> =>
    this.#confirm(password, await this.#view(caller.principal.accountId), caller)

  /** Asks somebody who is signed in for the password. It is the same that strangers guess at, so it has the same budget. */
  async #confirm(password: string, account: AccountView, caller: Member): Promise<void> {
    await guarded(this.#controls, this.#parts, {
      flow: 'step-up',
      subject: account.email,
      caller,
      work: (admitted) =>
        this.#controls['authentication/strong-authentication'].confirm(
          account.id,
          new Secret(unlessLocked(admitted, password, this.#parts.random)),
          origin(caller),
        ),
    })
  }

  async signOut(caller: Member): Promise<Headers> {
    await this.#sessions.change(async (tx) => {
      await this.#controls['authentication/multi-factor'].endPending(tx, caller.principal.accountId)
      await this.#sessions.signOut(tx, caller.principal, caller)
    })
    return this.#sessions.signOutHeaders()
  }

  async describe(principal: Principal): Promise<SessionView> {
    const { email_verified_at, ...account } = await this.#row(principal.accountId)
    return {
      account,
      emailVerified: email_verified_at !== null,
      roles: principal.roles,
      permissions: [...principal.permissions.keys()],
      tenantId: principal.tenantId,
      assurance: principal.assurance,
      authenticatedAt: new Date(principal.authenticatedAt).toISOString(),
      expiresAt: new Date(this.#sessions.expiryOf(principal).expiresAt).toISOString(),
    }
  }

  sessions(principal: Principal): Promise<readonly ListedSession[]> {
    return this.#sessions.list(principal)
  }

  /** @throws Refusal `not-found` for a session that is not the caller's, as for none. */
  async endSession(sessionId: string, caller: Member): Promise<void> {
    const ended = await this.#sessions.change((tx) => this.#sessions.end(tx, caller.principal, sessionId, caller))
    if (!ended) throw new Refusal('not-found')
  }

  async endOtherSessions(caller: Member): Promise<void> {
    await this.#sessions.change(async (tx) => {
      await this.#controls['authentication/multi-factor'].endPending(tx, caller.principal.accountId)
      await this.#sessions.endOthers(tx, caller.principal, 'self', caller)
    })
  }

  async #view(accountId: string): Promise<AccountView> {
    const { id, email, name } = await this.#row(accountId)
    return { id, email, name }
  }

  async #row(accountId: string): Promise<AccountView & { readonly email_verified_at: Date | null }> {
    const row = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select(['id', 'email', 'name', 'email_verified_at'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (row === undefined) throw new Refusal('not-found')
    return row
  }

  get #sessions(): Sessions {
    return this.#controls['authentication/session-management']
  }
}

import type { ListedSession, Sessions } from '../checklist/authentication/session-management/index.ts'
import { uuidv7 } from '../kernel/id.ts'
import { NOBODY, type Principal } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { Secret } from '../kernel/secret.ts'
import { readName } from '../platform/declaration/names.ts'
import { type Caller, type Headers, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import { Tenants } from './tenants.ts'

/** An account as its owner sees it. */
export interface AccountView {
  readonly id: string
  readonly email: string
  readonly name: string
}

/** Somebody who just proved who they are, and the cookie that says so from now on. */
export interface SignedIn {
  readonly account: AccountView
  /** Header fields of the reply: the cookie, and that nothing keeps it. */
  readonly headers: Headers
}

export interface NewAccount {
  readonly email: string
  readonly name: string
  readonly password: string
}

export interface SessionView {
  readonly account: AccountView
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

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
    this.tenants = new Tenants(controls, parts)
  }

  /** Makes an account: with an invitation in its tenant, else where the definition lets visitors in, in a tenant of its own. */
  async signUp(input: NewAccount & { readonly invitation?: string | undefined }, caller: Caller): Promise<SignedIn> {
    if (input.invitation === undefined && this.#parts.definition.signUp !== 'open') {
      throw new Refusal('link-invalid', 'An account is made with an invitation here')
    }
    return this.#create(
      input,
      caller,
      'member',
      input.invitation === undefined ? 'sign-up' : 'invitation',
      (tx, now) =>
        input.invitation === undefined ? Promise.resolve(null) : this.tenants.useInvitation(tx, input.invitation, now),
    )
  }

  /** The first owner's one-time enrolment. */
  async enrol(input: NewAccount & { readonly token: string }, caller: Caller): Promise<SignedIn> {
    return this.#create(input, caller, 'owner', 'enrolment', async (tx, now) => {
      await this.#controls['server/secure-configuration'].useEnrolment(tx, input.token, now)
      await this.#parts.events.stage(tx, {
        name: 'sys_enrolment_used',
        result: 'success',
        fields: {},
        ...origin(caller),
      })
      return null
    })
  }

  /** @throws Refusal `credentials-wrong`, the same for an unknown account, a wrong password and a disabled account. */
  async signIn(input: { readonly email: string; readonly password: string }, caller: Caller): Promise<SignedIn> {
    const account = await this.#controls['authentication/strong-authentication'].signIn(
      { email: input.email, password: new Secret(input.password) },
      origin(caller),
    )
    const session = await this.#sessions.change(async (tx) => {
      await this.#controls['authentication/strong-authentication'].stillStands(tx, account)
      return this.#sessions.create(tx, { accountId: account.id, assurance: 1, presented: caller.principal }, caller)
    })
    return { account, headers: session.headers }
  }

  /** The password once more: the session is as good as new, under a new token. */
  async stepUp(password: string, caller: Member): Promise<Headers> {
    await this.#controls['authentication/strong-authentication'].confirm(
      caller.principal.accountId,
      new Secret(password),
      origin(caller),
    )
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
    await strong.confirm(principal.accountId, new Secret(input.current), origin(caller))
    const account = await this.#view(principal.accountId)
    const prepared = await strong.preparePassword(new Secret(input.password), account, origin(caller))
    const session = await this.#sessions.change(async (tx) => {
      await strong.storePassword(tx, principal.accountId, prepared, origin(caller))
      await this.#sessions.endOthers(tx, principal, 'password-change', caller)
      return this.#sessions.rotate(tx, principal, { reason: 'password-change', authenticated: 1 }, caller)
    })
    return session.headers
  }

  async signOut(caller: Member): Promise<Headers> {
    await this.#sessions.change((tx) => this.#sessions.signOut(tx, caller.principal, caller))
    return this.#sessions.signOutHeaders()
  }

  async describe(principal: Principal): Promise<SessionView> {
    return {
      account: await this.#view(principal.accountId),
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
    await this.#sessions.change((tx) => this.#sessions.endOthers(tx, caller.principal, 'self', caller))
  }

  async #create(
    input: NewAccount,
    caller: Caller,
    role: 'owner' | 'member',
    how: 'sign-up' | 'enrolment' | 'invitation',
    admit: (tx: AccountsTransaction, now: number) => Promise<string | null>,
  ): Promise<SignedIn> {
    const strong = this.#controls['authentication/strong-authentication']
    const name = readName(input.name, 'body/name')
    // Hashing takes tens of milliseconds; no transaction is held open for it.
    const prepared = await strong.preparePassword(
      new Secret(input.password),
      { email: input.email, name },
      origin(caller),
    )
    const id = this.#id()
    return this.#sessions.change(async (tx) => {
      const now = this.#parts.clock.now()
      const at = new Date(now)
      const invitedTo = await admit(tx, now)
      const account = await strong.createAccount(tx, { id, email: input.email, name, prepared })
      const tenantId = invitedTo ?? this.#id()
      if (invitedTo === null) {
        const workspace = `${[...name].slice(0, 80).join('')}’s workspace`
        await tx.insertInto('holdfast.tenant').values({ id: tenantId, name: workspace, created_at: at }).execute()
      }
      await tx
        .insertInto('holdfast.tenant_member')
        .values({ tenant_id: tenantId, account_id: id, manages: invitedTo === null, joined_at: at })
        .execute()
      await tx
        .insertInto('holdfast.account_role')
        .values({ account_id: id, role, granted_at: at, granted_by: null })
        .execute()
      await this.#parts.events.stage(tx, {
        name: 'user_created',
        result: 'success',
        fields: { account: id, how },
        ...origin(caller),
        accountId: id,
        tenantId,
      })
      if (invitedTo !== null) await this.tenants.stageJoined(tx, id, tenantId, caller)
      const session = await this.#sessions.create(
        tx,
        { accountId: id, assurance: 1, presented: caller.principal, tenantId },
        caller,
      )
      return { account, headers: session.headers }
    })
  }

  async #view(accountId: string): Promise<AccountView> {
    const row = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select(['id', 'email', 'name'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (row === undefined) throw new Refusal('not-found')
    return row
  }

  get #sessions(): Sessions {
    return this.#controls['authentication/session-management']
  }

  #id(): string {
    return uuidv7(this.#parts.clock.now(), this.#parts.random)
  }
}

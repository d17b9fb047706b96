import { createHash } from 'node:crypto'
import type { ListedSession, Sessions } from '../checklist/authentication/session-management/index.ts'
import { uuidv7 } from '../kernel/id.ts'
import { NOBODY, type Principal } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { Secret } from '../kernel/secret.ts'
import { after, days } from '../kernel/time.ts'
import type { HandlerContext } from '../platform/declaration/definition.ts'
import type { Controls } from './controls.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'

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

export type Headers = Readonly<Record<string, string>>

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

export interface TenantView {
  readonly id: string
  readonly name: string
  readonly manages: boolean
  readonly current: boolean
}

export interface MemberView {
  readonly id: string
  readonly name: string
  readonly manages: boolean
}

export interface Invitation {
  readonly token: string
  readonly path: string
  readonly expiresAt: string
}

/** What of a request the flows need: where from, and the session it came with. */
export type Caller = Pick<HandlerContext, 'principal' | 'address' | 'device' | 'requestId'>
/** A caller who is signed in. */
export type Member = Omit<Caller, 'principal'> & { readonly principal: Principal }

/** The flows in which several items meet. Items never call each other; each call below goes through the composed controls. */
export class Accounts {
  readonly #controls: Controls
  readonly #parts: BackendParts

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
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
        input.invitation === undefined ? Promise.resolve(null) : this.#useInvitation(tx, input.invitation, now),
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

  /** The tenants the caller is a member of. */
  async tenants(principal: Principal): Promise<readonly TenantView[]> {
    const rows = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.tenant_member')
      .innerJoin('holdfast.tenant', 'holdfast.tenant.id', 'holdfast.tenant_member.tenant_id')
      .select(['holdfast.tenant.id', 'holdfast.tenant.name', 'holdfast.tenant_member.manages'])
      .where('holdfast.tenant_member.account_id', '=', principal.accountId)
      .orderBy('holdfast.tenant_member.joined_at')
      .limit(MOST_LISTED)
      .execute()
    return rows.map((row) => ({ ...row, current: row.id === principal.tenantId }))
  }

  /** Works in another of the caller's tenants from now on, under a new token. */
  async switchTenant(tenantId: string, caller: Member): Promise<Headers> {
    const session = await this.#sessions.change(async (tx) => {
      await this.#membership(tx, tenantId, caller.principal)
      return this.#sessions.rotate(tx, caller.principal, { reason: 'tenant', tenantId }, caller)
    })
    return session.headers
  }

  /** Who is in the caller's current tenant: for sharing with them. */
  async members(principal: Principal): Promise<readonly MemberView[]> {
    if (principal.tenantId === null) return []
    return this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.tenant_member')
      .innerJoin('holdfast.account', 'holdfast.account.id', 'holdfast.tenant_member.account_id')
      .select(['holdfast.account.id', 'holdfast.account.name', 'holdfast.tenant_member.manages'])
      .where('holdfast.tenant_member.tenant_id', '=', principal.tenantId)
      .where('holdfast.account.disabled_at', 'is', null)
      .orderBy('holdfast.account.name')
      .orderBy('holdfast.account.id')
      .limit(MOST_LISTED)
      .execute()
  }

  /** A link with which one person joins the caller's tenant. Only who manages the tenant makes one. */
  async invite(caller: Member): Promise<Invitation> {
    const token = this.#parts.random(TOKEN_BYTES).toString('base64url')
    const expiresAt = new Date(after(this.#parts.clock.now(), INVITATION_LIFETIME))
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      const { tenantId } = caller.principal
      const membership = tenantId === null ? undefined : await this.#membership(tx, tenantId, caller.principal)
      if (membership?.manages !== true) throw new Refusal('permission-missing')
      await tx
        .insertInto('holdfast.one_time_link')
        .values({
          token_hash: sha256(token),
          purpose: 'invitation',
          tenant_id: tenantId,
          created_at: new Date(this.#parts.clock.now()),
          expires_at: expiresAt,
          used_at: null,
        })
        .execute()
    })
    return { token, path: `/invitation/${token}`, expiresAt: expiresAt.toISOString() }
  }

  /** A path as a whole link, at the origin the person uses where it is one of ours. */
  linkTo(path: string, origin: string | undefined): string {
    const { publicOrigins } = this.#parts
    return `${publicOrigins.find((ours) => ours === origin) ?? publicOrigins[0] ?? ''}${path}`
  }

  /** Joins the tenant of an invitation and works in it from now on. */
  async join(invitation: string, caller: Member): Promise<Headers> {
    const session = await this.#sessions.change(async (tx) => {
      const now = this.#parts.clock.now()
      const tenantId = await this.#useInvitation(tx, invitation, now)
      await tx
        .insertInto('holdfast.tenant_member')
        .values({
          tenant_id: tenantId,
          account_id: caller.principal.accountId,
          manages: false,
          joined_at: new Date(now),
        })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'account_id']).doNothing())
        .execute()
      await this.#joined(tx, caller.principal.accountId, tenantId, caller)
      return this.#sessions.rotate(tx, caller.principal, { reason: 'tenant', tenantId }, caller)
    })
    return session.headers
  }

  async #create(
    input: NewAccount,
    caller: Caller,
    role: 'owner' | 'member',
    how: 'sign-up' | 'enrolment' | 'invitation',
    admit: (tx: AccountsTransaction, now: number) => Promise<string | null>,
  ): Promise<SignedIn> {
    const strong = this.#controls['authentication/strong-authentication']
    // Hashing takes tens of milliseconds; no transaction is held open for it.
    const prepared = await strong.preparePassword(
      new Secret(input.password),
      { email: input.email, name: input.name },
      origin(caller),
    )
    const id = this.#id()
    return this.#sessions.change(async (tx) => {
      const now = this.#parts.clock.now()
      const at = new Date(now)
      const invitedTo = await admit(tx, now)
      const account = await strong.createAccount(tx, { id, email: input.email, name: input.name, prepared })
      const tenantId = invitedTo ?? this.#id()
      if (invitedTo === null) {
        const name = `${input.name.slice(0, 80)}’s workspace`
        await tx.insertInto('holdfast.tenant').values({ id: tenantId, name, created_at: at }).execute()
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
      if (invitedTo !== null) await this.#joined(tx, id, tenantId, caller)
      const session = await this.#sessions.create(
        tx,
        { accountId: id, assurance: 1, presented: caller.principal, tenantId },
        caller,
      )
      return { account, headers: session.headers }
    })
  }

  async #useInvitation(tx: AccountsTransaction, token: string, now: number): Promise<string> {
    const used = await tx
      .updateTable('holdfast.one_time_link')
      .set({ used_at: new Date(now) })
      .where('token_hash', '=', sha256(token))
      .where('purpose', '=', 'invitation')
      .where('used_at', 'is', null)
      .where('expires_at', '>', new Date(now))
      .returning('tenant_id')
      .executeTakeFirst()
    if (used === undefined || used.tenant_id === null) throw new Refusal('link-invalid')
    return used.tenant_id
  }

  async #membership(
    tx: AccountsTransaction,
    tenantId: string,
    principal: Principal,
  ): Promise<{ readonly manages: boolean }> {
    const membership = await tx
      .selectFrom('holdfast.tenant_member')
      .select('manages')
      .where('tenant_id', '=', tenantId)
      .where('account_id', '=', principal.accountId)
      .executeTakeFirst()
    if (membership === undefined) throw new Refusal('not-found')
    return membership
  }

  #joined(tx: AccountsTransaction, account: string, tenant: string, caller: Caller): Promise<void> {
    return this.#parts.events.stage(tx, {
      name: 'user_joined_tenant',
      result: 'success',
      fields: { account, tenant },
      ...origin(caller),
      accountId: account,
      tenantId: tenant,
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

/** Who acted and from where, as events want it. */
export const origin = (caller: Caller) => ({
  address: caller.address,
  requestId: caller.requestId,
  accountId: caller.principal?.accountId,
  sessionId: caller.principal?.sessionId,
  tenantId: caller.principal?.tenantId ?? undefined,
})

const sha256 = (token: string): Buffer => createHash('sha256').update(token).digest()

const TOKEN_BYTES = 32
const INVITATION_LIFETIME = days(7)
const MOST_LISTED = 1000

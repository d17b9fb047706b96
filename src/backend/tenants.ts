import { createHash } from 'node:crypto'
import type { Sessions } from '../checklist/authentication/session-management/index.ts'
import { NOBODY, type Principal } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { after, days } from '../kernel/time.ts'
import { type Caller, type Headers, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'

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

/** Tenants, who is in them, and how one gets in. */
export class Tenants {
  readonly #controls: Controls
  readonly #parts: BackendParts

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
  }

  /** The tenants the caller is a member of. */
  async list(principal: Principal): Promise<readonly TenantView[]> {
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
  async enter(tenantId: string, caller: Member): Promise<Headers> {
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
          token_hash: invitationHash(token),
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
      const tenantId = await this.useInvitation(tx, invitationHash(invitation), now)
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
      await this.stageJoined(tx, caller.principal.accountId, tenantId, caller)
      return this.#sessions.rotate(tx, caller.principal, { reason: 'tenant', tenantId }, caller)
    })
    return session.headers
  }

  /** Whether an invitation is good; it stays good. @throws Refusal `link-invalid`. */
  async checkInvitation(tx: AccountsTransaction, hash: Buffer, now: number): Promise<void> {
    const found = await tx
      .selectFrom('holdfast.one_time_link')
      .select('token_hash')
      .where('token_hash', '=', hash)
      .where('purpose', '=', 'invitation')
      .where('used_at', 'is', null)
      .where('expires_at', '>', new Date(now))
      .executeTakeFirst()
    if (found === undefined) throw new Refusal('link-invalid')
  }

  /**
   * Uses up an invitation, in the transaction that lets somebody in.
   *
   * @param hash - see {@link invitationHash}.
   * @returns the tenant.
   */
  async useInvitation(tx: AccountsTransaction, hash: Buffer, now: number): Promise<string> {
    const used = await tx
      .updateTable('holdfast.one_time_link')
      .set({ used_at: new Date(now) })
      .where('token_hash', '=', hash)
      .where('purpose', '=', 'invitation')
      .where('used_at', 'is', null)
      .where('expires_at', '>', new Date(now))
      .returning('tenant_id')
      .executeTakeFirst()
    if (used === undefined || used.tenant_id === null) throw new Refusal('link-invalid')
    return used.tenant_id
  }

  /** Writes down, in the same transaction, that somebody is in a tenant now. */
  stageJoined(tx: AccountsTransaction, account: string, tenant: string, caller: Caller): Promise<void> {
    return this.#parts.events.stage(tx, {
      name: 'user_joined_tenant',
      result: 'success',
      fields: { account, tenant },
      ...origin(caller),
      accountId: account,
      tenantId: tenant,
    })
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

  get #sessions(): Sessions {
    return this.#controls['authentication/session-management']
  }
}

/** How an invitation is kept: it is 256 random bits, which need no slow hash. */
export const invitationHash = (token: string): Buffer => createHash('sha256').update(token).digest()

const TOKEN_BYTES = 32
const INVITATION_LIFETIME = days(7)
const MOST_LISTED = 1000

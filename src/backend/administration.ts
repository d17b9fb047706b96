import type { AccessControl } from '../checklist/authentication/access-control/index.ts'
import type { Factors } from '../checklist/authentication/multi-factor/index.ts'
import type { Sessions } from '../checklist/authentication/session-management/index.ts'
import { NOBODY, type Principal, type Scope } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import type { Member } from './caller.ts'
import type { Controls } from './controls.ts'
import type { BackendParts } from './parts.ts'

/** What administrators do with people, roles and sessions. */
export class Administration {
  readonly #controls: Controls
  readonly #parts: BackendParts

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
  }

  /**
   * Accounts by id, 50 at a time unless asked otherwise.
   *
   * @param query.find - a part of the address or the name, in any case.
   */
  async users(query: {
    readonly after?: string
    readonly limit?: number
    readonly find?: string
  }): Promise<readonly UserView[]> {
    let accounts = this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select(['id', 'email', 'name', 'disabled_at', 'created_at'])
      .orderBy('id')
      .limit(query.limit ?? 50)
    if (query.after !== undefined) accounts = accounts.where('id', '>', query.after)
    const part = query.find?.toLowerCase()
    // No pattern: nothing that is typed means anything but itself.
    if (part !== undefined)
      accounts = accounts.where((row) =>
        row.or(
          (['email', 'name'] as const).map((column) =>
            row(row.fn<number>('strpos', [row.fn('lower', [column]), row.val(part)]), '>', 0),
          ),
        ),
      )
    return this.#withRoles(await accounts.execute())
  }

  /** One account, and what an administrator may know of how it is signed in to. @throws Refusal `not-found`. */
  async person(accountId: string): Promise<PersonView> {
    const row = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select(['id', 'email', 'name', 'disabled_at', 'created_at', 'email_verified_at'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    const [user] = row === undefined ? [] : await this.#withRoles([row])
    if (row === undefined || user === undefined) throw new Refusal('not-found')
    const factors = await this.#controls['authentication/multi-factor'].factorsOf(accountId)
    return { ...user, emailVerified: row.email_verified_at !== null, factors }
  }

  /** The resets of second factors whose waiting time runs, the next one to take effect first. */
  async resetsUnderWay(): Promise<readonly ResetView[]> {
    const rows = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.factor_reset as reset')
      .innerJoin('holdfast.account as account', 'account.id', 'reset.account_id')
      .select(['account.id', 'account.email', 'account.name', 'reset.effective_at'])
      .orderBy('reset.effective_at')
      .orderBy('account.id')
      .limit(100)
      .execute()
    return rows.map(({ effective_at, ...account }) => ({ ...account, effectiveAt: effective_at.toISOString() }))
  }

  async #withRoles(
    rows: readonly {
      readonly id: string
      readonly email: string
      readonly name: string
      readonly disabled_at: Date | null
      readonly created_at: Date
    }[],
  ): Promise<readonly UserView[]> {
    if (rows.length === 0) return []
    const held = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account_role')
      .select(['account_id', 'role'])
      .where(
        'account_id',
        'in',
        rows.map((row) => row.id),
      )
      .orderBy('role')
      .execute()
    return rows.map((row) => ({
      id: row.id,
      email: row.email,
      name: row.name,
      roles: held.filter((grant) => grant.account_id === row.id).map((grant) => grant.role),
      disabled: row.disabled_at !== null,
      createdAt: row.created_at.toISOString(),
    }))
  }

  async setDisabled(accountId: string, disabled: boolean, by: Member): Promise<void> {
    await this.#sessions.change(async (tx) => {
      await this.#access.mayActOn(tx, by.principal, accountId, by)
      if (disabled) await this.#access.keepAnOwner(tx, by.principal, accountId, by)
      const { numUpdatedRows } = await tx
        .updateTable('holdfast.account')
        .set({ disabled_at: disabled ? new Date(this.#parts.clock.now()) : null })
        .where('id', '=', accountId)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) throw new Refusal('not-found')
      if (disabled) await this.#sessions.endAll(tx, accountId, by.principal, by)
    })
    if (disabled) this.#sessions.forget(accountId)
  }

  async endSessions(accountId: string, by: Member): Promise<void> {
    await this.#sessions.change(async (tx) => {
      const account = await tx
        .selectFrom('holdfast.account')
        .select('id')
        .where('id', '=', accountId)
        .executeTakeFirst()
      if (account === undefined) throw new Refusal('not-found')
      await this.#access.mayActOn(tx, by.principal, accountId, by)
      await this.#controls['authentication/multi-factor'].endPending(tx, accountId)
      await this.#sessions.endAll(tx, accountId, by.principal, by)
    })
  }

  async grantRole(accountId: string, role: string, by: Member): Promise<void> {
    await this.#sessions.change((tx) => this.#access.grantRole(tx, by.principal, accountId, role, by))
    this.#sessions.forget(accountId)
  }

  async revokeRole(accountId: string, role: string, by: Member): Promise<void> {
    await this.#sessions.change((tx) => this.#access.revokeRole(tx, by.principal, accountId, role, by))
    this.#sessions.forget(accountId)
  }

  /** The first thousand by name, with what each comes to. */
  async roles(): Promise<readonly RoleView[]> {
    const roles = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.role')
      .select(['name', 'origin', 'grants', 'inherits'])
      .orderBy('name')
      .limit(1000)
      .execute()
    const factors = this.#controls['authentication/multi-factor']
    return roles.map((role) => ({
      ...role,
      permissions: [...this.#access.permissionsOf([role.name])]
        .map(([permission, scope]) => (scope === 'own' ? permission : `${permission}@${scope}`))
        .sort(),
      secondFactor: factors.isRequired([role.name]),
    }))
  }

  /** What roles can be made of: each permission in words, and how far the asker could grant it. */
  permissions({ permissions: held }: Principal): readonly PermissionView[] {
    return Object.entries(this.#parts.definition.permissions)
      .map(([name, allows]) => ({ name, allows, held: held.get(name) ?? null }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async defineRole(
    role: { readonly name: string; readonly grants: readonly string[]; readonly inherits: readonly string[] },
    by: Member,
  ): Promise<void> {
    await this.#parts.accounts.transaction(NOBODY, (tx) => this.#access.defineRole(tx, by.principal, role, by))
    await this.#rolesChanged()
  }

  async removeRole(name: string, by: Member): Promise<void> {
    await this.#parts.accounts.transaction(NOBODY, (tx) => this.#access.removeRole(tx, by.principal, name, by))
    await this.#rolesChanged()
  }

  async #rolesChanged(): Promise<void> {
    await this.#access.rolesChanged()
    this.#sessions.forget()
  }

  get #access(): AccessControl {
    return this.#controls['authentication/access-control']
  }

  get #sessions(): Sessions {
    return this.#controls['authentication/session-management']
  }
}

export interface UserView {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly string[]
  readonly disabled: boolean
  readonly createdAt: string
}

/** An account with what an administrator may know of how it is signed in to. */
export interface PersonView extends UserView {
  readonly emailVerified: boolean
  readonly factors: Factors
}

/** Whose second factors will be removed, and when. */
export interface ResetView {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly effectiveAt: string
}

export interface RoleView {
  readonly name: string
  readonly origin: string
  readonly grants: readonly string[]
  readonly inherits: readonly string[]
  /** What it comes to, inheritance worked out and what is not understood left out. */
  readonly permissions: readonly string[]
  /** Nothing of it is of effect before a second factor is proved. */
  readonly secondFactor: boolean
}

/** A permission as somebody sees it who makes roles. */
export interface PermissionView {
  readonly name: string
  /** In words. */
  readonly allows: string
  /** How far the one who asks holds it, and so could grant it. */
  readonly held: Scope | null
}

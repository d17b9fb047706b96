import { randomUUID } from 'node:crypto'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { type Assurance, NOBODY, type Principal } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Moment, Seconds } from '../../../kernel/time.ts'
import { firstTenantOf, makeRoom, rolesOf } from './account-queries.ts'
import { expiryOf } from './lifetime.ts'
import type { ResolvedOptions } from './options.ts'
import type {
  EndedBy,
  NewSession,
  RequestOrigin,
  Rotation,
  SessionStart,
  Sessions,
  SessionsOptions,
  SessionTransaction,
} from './sessions.ts'
import { MAX_ADDRESS, MAX_DEVICE } from './store.ts'

export type Changes = Pick<
  Sessions,
  'change' | 'create' | 'rotate' | 'signOut' | 'end' | 'endOthers' | 'endAll' | 'retire'
>

/** Making, replacing and ending sessions. `self` gives the control as it is composed. */
export function createChanges(options: SessionsOptions & ResolvedOptions, self: () => Sessions): Changes {
  const { accounts, clock, events } = options
  /** Accounts whose sessions a running transaction changed. */
  const touched = new WeakMap<SessionTransaction, Set<string>>()

  const touch = (tx: SessionTransaction, accountId: string): void => {
    const set = touched.get(tx)
    // Elsewhere nothing would make this node look again after the commit.
    if (set === undefined) throw new TypeError('sessions are changed inside sessions.change')
    set.add(accountId)
  }

  const ended = (
    accountId: string,
    sessionId: string,
    by: EndedBy,
    from: RequestOrigin,
    actor: string,
  ): SecurityEvent => ({
    name: 'session_ended',
    result: 'success',
    fields: { session: sessionId, by },
    accountId: actor,
    sessionId,
    object: `account ${accountId}`,
    address: from.address,
    requestId: from.requestId,
  })

  /** Ends live sessions of an account: one, all but one, or all. */
  const endWhere = async (
    tx: SessionTransaction,
    which: { readonly accountId: string; readonly only?: string; readonly except?: string },
    by: EndedBy,
    from: RequestOrigin,
    actor: string = which.accountId,
  ): Promise<number> => {
    touch(tx, which.accountId)
    let query = tx
      .updateTable('holdfast.session')
      .set({ ended_at: new Date(clock.now()), ended_by: by })
      .where('account_id', '=', which.accountId)
      .where('ended_at', 'is', null)
    if (which.only !== undefined) query = query.where('id', '=', which.only)
    if (which.except !== undefined) query = query.where('id', '!=', which.except)
    const rows = await query.returning('id').execute()
    for (const row of rows) await events.stage(tx, ended(which.accountId, row.id, by, from, actor))
    return rows.length
  }

  const insert = async (
    tx: SessionTransaction,
    made: Made,
    from: Omit<RequestOrigin, 'requestId'>,
  ): Promise<NewSession> => {
    const now = clock.now()
    const sessionId = randomUUID()
    const token = self().newToken()
    await tx
      .insertInto('holdfast.session')
      .values({
        id: sessionId,
        token_hash: Buffer.from(self().hashToken(token.release()), 'base64url'),
        account_id: made.accountId,
        tenant_id: made.tenantId,
        assurance: made.assurance,
        created_at: new Date(now),
        authenticated_at: new Date(made.authenticatedAt),
        used_at: new Date(now),
        expires_at: new Date(made.expiresAt),
        address: from.address.slice(0, MAX_ADDRESS),
        device: from.device.slice(0, MAX_DEVICE),
      })
      .execute()
    return Object.freeze({
      sessionId,
      tenantId: made.tenantId,
      assurance: made.assurance,
      roles: made.roles,
      authenticatedAt: made.authenticatedAt,
      expiresAt: made.expiresAt,
      token,
      headers: Object.freeze({
        'set-cookie': self().setCookie(token, ((made.expiresAt - now) / 1000) as Seconds),
        'cache-control': 'no-store',
      }),
    })
  }

  return {
    async change(work) {
      const accountIds = new Set<string>()
      try {
        return await accounts.transaction(NOBODY, (tx) => {
          touched.set(tx, accountIds)
          return work(tx)
        })
      } finally {
        // Also after a failure: a connection that broke at the commit does not tell whether it was done.
        for (const accountId of accountIds) self().forget(accountId)
      }
    },

    async create(tx: SessionTransaction, start: SessionStart, from: RequestOrigin) {
      touch(tx, start.accountId)
      const { presented } = start
      if (presented !== null)
        await endWhere(tx, { accountId: presented.accountId, only: presented.sessionId }, 'sign-out', from)
      await makeRoom(tx, start.accountId, options.perAccount, clock.now())
      const roles = await rolesOf(tx, start.accountId)
      const authenticatedAt = clock.now()
      const made = await insert(
        tx,
        {
          accountId: start.accountId,
          tenantId: start.tenantId === undefined ? await firstTenantOf(tx, start.accountId) : start.tenantId,
          assurance: start.assurance,
          roles,
          authenticatedAt,
          expiresAt: expiryOf(options.isPrivileged(roles), options.limits, authenticatedAt),
        },
        from,
      )
      await events.stage(tx, {
        name: 'session_created',
        result: 'success',
        fields: { session: made.sessionId },
        accountId: start.accountId,
        sessionId: made.sessionId,
        tenantId: made.tenantId ?? undefined,
        address: from.address,
        requestId: from.requestId,
      })
      return made
    },

    async rotate(tx: SessionTransaction, principal: Principal, rotation: Rotation, from: RequestOrigin | null) {
      touch(tx, principal.accountId)
      const old = await self().retire(tx, principal)
      if (old === null) throw new Refusal('authentication-required')
      const roles = await rolesOf(tx, principal.accountId)
      // What the principal has left of it, which may be less than the row has.
      const held = Math.min(principal.assurance, old.assurance) as Assurance
      // A password alone has not proved two factors anew, and must not keep them fresh. Two factors without the passkey of assurance 3
      // are proved anew; that it was the passkey is over with it.
      const proved = (rotation.authenticated ?? 0) >= Math.min(held, 2) ? rotation.authenticated : undefined
      const authenticatedAt = proved === undefined ? old.authenticatedAt : clock.now()
      const latest = expiryOf(options.isPrivileged(roles), options.limits, authenticatedAt)
      const made = await insert(
        tx,
        {
          accountId: principal.accountId,
          tenantId: rotation.tenantId === undefined ? old.tenantId : rotation.tenantId,
          assurance: proved ?? held,
          roles,
          authenticatedAt,
          // Only who authenticated anew gets new time.
          expiresAt: proved === undefined ? Math.min(old.expiresAt, latest) : latest,
        },
        from ?? old,
      )
      await events.stage(tx, {
        name: 'session_renewed',
        result: 'success',
        fields: { session: made.sessionId, reason: rotation.reason },
        accountId: principal.accountId,
        sessionId: made.sessionId,
        tenantId: made.tenantId ?? undefined,
        address: from?.address,
        requestId: from?.requestId,
      })
      return made
    },

    async signOut(tx, principal, from) {
      await endWhere(tx, { accountId: principal.accountId, only: principal.sessionId }, 'sign-out', from)
    },

    async end(tx, principal, sessionId, from) {
      return (await endWhere(tx, { accountId: principal.accountId, only: sessionId }, 'self', from)) > 0
    },

    endOthers: (tx, principal, by, from) =>
      endWhere(tx, { accountId: principal.accountId, except: principal.sessionId }, by, from),

    endAll: (tx, accountId, actor, from) =>
      actor === null
        ? endWhere(tx, { accountId }, 'password-change', from)
        : endWhere(tx, { accountId }, 'administrator', from, actor.accountId),

    async retire(tx, { accountId, sessionId }) {
      const row = await tx
        .updateTable('holdfast.session')
        .set({ ended_at: new Date(clock.now()), ended_by: 'rotation' })
        .where('id', '=', sessionId)
        .where('account_id', '=', accountId)
        .where('ended_at', 'is', null)
        .returning(['tenant_id', 'assurance', 'authenticated_at', 'expires_at', 'address', 'device'])
        .executeTakeFirst()
      if (row === undefined) return null
      return {
        tenantId: row.tenant_id,
        assurance: row.assurance as Assurance,
        authenticatedAt: new Date(row.authenticated_at).getTime(),
        expiresAt: new Date(row.expires_at).getTime(),
        address: row.address,
        device: row.device,
      }
    },
  }
}

interface Made {
  readonly accountId: string
  readonly tenantId: string | null
  readonly assurance: Assurance
  readonly roles: readonly string[]
  readonly authenticatedAt: Moment
  readonly expiresAt: Moment
}

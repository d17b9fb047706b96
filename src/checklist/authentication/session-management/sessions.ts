import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import type { Assurance, Principal, Scope } from '../../../kernel/principal.ts'
import type { Secret } from '../../../kernel/secret.ts'
import type { Clock, Moment, Seconds } from '../../../kernel/time.ts'
import type { Channel } from '../../../platform/database/database.ts'
import type { HoldfastTables } from '../../../platform/database/tables.ts'
import type { Events } from '../../../platform/events/events.ts'
import type { HttpControl } from '../../../platform/http/control.ts'
import type { PresentedCookie } from './cookie.ts'
import type { CrossSiteFacts } from './cross-site.ts'
import type { Judgement, SessionLimits, SessionTimes } from './lifetime.ts'
import type { Accounts } from './store.ts'
import type { RandomBytes } from './token.ts'

/** What sessions are made of: everything that touches the world is passed in. */
export interface SessionsOptions {
  /** The way of the accounts role. */
  readonly accounts: Accounts
  /** Listens on {@link ANNOUNCEMENTS}, and hands every payload to {@link Sessions.receive}. */
  readonly channel: Pick<Channel, 'up' | 'upSince'>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly events: Pick<Events, 'stage' | 'report'>
  /** Effective permissions of a set of roles, by access control. */
  readonly permissionsOf: (roles: readonly string[]) => Promise<ReadonlyMap<string, Scope>>
  /** Of these roles, those of use at an assurance, by the rule on second factors. Default: all. */
  readonly effectiveRoles?: (roles: readonly string[], assurance: Assurance) => readonly string[]
  /** Whether such roles are of no use at AAL1, so that the short limits hold. Default: `owner`, `admin` or `auditor` is among them. */
  readonly isPrivileged?: (roles: readonly string[]) => boolean
  /** Origins of this very server, as browsers see it; a function where the port is known late. */
  readonly publicOrigins: readonly string[] | (() => readonly string[])
  /** Other origins whose pages may call this server with the visitor's session. Default none. */
  readonly allowedOrigins?: readonly string[]
  readonly limits?: Partial<SessionLimits>
  /** Whether browsers reach the server by HTTPS. `false` only in development on loopback. */
  readonly secure: boolean
  /** Most sessions kept in memory. Default 50,000, about 50 MB. */
  readonly cacheSize?: number
  /** Most live sessions an account has; the longest unused end when it signs in once more. Default 100. */
  readonly perAccount?: number
}

/** The accounts role's transaction, as {@link Sessions.change} gives it. */
export type SessionTransaction = Kysely<HoldfastTables>

/** From where a request comes; a handler's context fits. */
export interface RequestOrigin {
  readonly address: string
  readonly device: string
  readonly requestId: string
}

export interface SessionStart {
  readonly accountId: string
  readonly assurance: Assurance
  /** Who was signed in on the request that signs in: that session ends, whoever's it was. */
  readonly presented: Principal | null
  /** Absent: the tenant the account joined first, if any. */
  readonly tenantId?: string | null
}

export interface Rotation {
  /** For the event: `step-up`, `password-change`, `tenant`. */
  readonly reason: string
  /** Set when the person has just proved who they are, and how well. A password renews nothing where two factors were proved. */
  readonly authenticated?: Assurance
  /** Set to work in another tenant; the caller has checked the membership. */
  readonly tenantId?: string | null
}

/** A session that was just made. */
export interface NewSession {
  readonly sessionId: string
  readonly tenantId: string | null
  readonly assurance: Assurance
  readonly roles: readonly string[]
  readonly authenticatedAt: Moment
  readonly expiresAt: Moment
  readonly token: Secret
  /** `set-cookie` and `cache-control`, for the reply. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ListedSession {
  readonly id: string
  readonly device: string
  /** Where it was last used from. */
  readonly address: string
  readonly createdAt: Moment
  /** Up to a minute old, but for the current one. */
  readonly usedAt: Moment
  readonly current: boolean
}

/** Why a session ended before its time. */
export type EndedBy = 'self' | 'administrator' | 'password-change' | 'sign-out'

/**
 * The control. Its parts call each other through the object that `install` was called on, so that one that was wrapped is
 * wrapped as a whole.
 */
export interface Sessions extends HttpControl {
  /** Adds the cross-site rules and the session lookup, which sets `request.principal`; keeps house until the server closes. */
  install(this: Sessions, server: FastifyInstance): void

  // Changes. All run inside `change`, which makes them effective on this node before it returns, and on the others by the
  // announcement that commits with them.
  /** Runs `work` in a transaction of the accounts role; afterwards every session it touched is looked up anew. */
  change<T>(work: (tx: SessionTransaction) => Promise<T>): Promise<T>
  /** Makes a session with a token of its own, whatever token was presented, and ends the presented one. */
  create(tx: SessionTransaction, start: SessionStart, from: RequestOrigin): Promise<NewSession>
  /**
   * Replaces a session's token; the old one is dead with the commit. Throws Refusal `authentication-required` when the session
   * ended meanwhile.
   *
   * @param from - `null` keeps address and device of the last use.
   */
  rotate(
    tx: SessionTransaction,
    principal: Principal,
    rotation: Rotation,
    from: RequestOrigin | null,
  ): Promise<NewSession>
  /** Ends the caller's own current session. Send {@link Sessions.signOutHeaders} with the reply. */
  signOut(tx: SessionTransaction, principal: Principal, from: RequestOrigin): Promise<void>
  /** Ends one session of the caller's account; `false` when there is no such live one. */
  end(tx: SessionTransaction, principal: Principal, sessionId: string, from: RequestOrigin): Promise<boolean>
  /** Ends all but the current one; returns how many. */
  endOthers(
    tx: SessionTransaction,
    principal: Principal,
    by: 'self' | 'password-change',
    from: RequestOrigin,
  ): Promise<number>
  /**
   * Ends all of an account; returns how many.
   *
   * @param actor - an administrator; `null`: its owner, who reset the password and is not signed in.
   */
  endAll(tx: SessionTransaction, accountId: string, actor: Principal | null, from: RequestOrigin): Promise<number>

  // Questions.
  /** The live sessions of the caller's account, last used first. */
  list(principal: Principal): Promise<readonly ListedSession[]>
  /** When the session of a principal ends at the latest, and without use. */
  expiryOf(principal: Principal): { readonly expiresAt: Moment; readonly idle: Seconds }
  /** Fields of the reply to a sign-out: removes the cookie, and what the browser kept of this site. */
  signOutHeaders(): Readonly<Record<string, string>>

  // What other nodes and other controls tell.
  /** Takes a payload of the announcement channel: an account's id, or `*`. */
  receive(payload: string): void
  /** Looks up the sessions of an account (all accounts, when absent) anew from now on. For changes made outside `change`. */
  forget(accountId?: string): void
  /** Marks sessions that are over as ended; returns how many. Done every minute by a server that has it installed. */
  sweep(): Promise<number>
  /** Writes back what is known of last uses. */
  flush(): Promise<void>

  // Policies: small and replaceable, so that each can be seen to matter.
  readCookie(field: string | undefined): PresentedCookie
  setCookie(token: Secret, maxAge: Seconds): string
  newToken(): Secret
  /** Token → base64url of what is stored and looked up. */
  hashToken(token: string): string
  passesCrossSiteRule(facts: CrossSiteFacts): boolean
  /** Whether what was loaded while the channel was up since `loadedWhile` may still be believed. */
  trustsCache(loadedWhile: number | null): boolean
  judge(times: SessionTimes, privileged: boolean, now: Moment): Judgement
  /** Takes the session of a token out of use when its token is replaced; `null` when it had ended already. */
  retire(tx: SessionTransaction, principal: Pick<Principal, 'accountId' | 'sessionId'>): Promise<RetiredSession | null>
}

export interface RetiredSession {
  readonly tenantId: string | null
  readonly assurance: Assurance
  readonly authenticatedAt: Moment
  readonly expiresAt: Moment
  readonly address: string
  readonly device: string
}

/** The name of the database channel that migration 0002 announces changed sessions on. */
export const ANNOUNCEMENTS = 'holdfast_session'

export const PRIVILEGED_ROLES: readonly string[] = Object.freeze(['owner', 'admin', 'auditor'])

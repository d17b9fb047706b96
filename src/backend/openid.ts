import { timingSafeEqual } from 'node:crypto'
import type { OpenIdRefusalReason, ProvedIdentity } from '../checklist/authentication/strong-authentication/index.ts'
import { NOBODY, type Principal } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { after, minutes } from '../kernel/time.ts'
import { type Caller, type Headers, type Member, mergeHeaders, origin, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import type { NewAccounts } from './new-accounts.ts'
import { Notices } from './notices.ts'
import type { BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'
import { en } from './words/en/index.ts'

/** An outside provider, and whether the person signs in with it. */
export interface ProviderView {
  readonly id: string
  readonly label: string
  readonly linkedAt: string | null
  readonly usedAt: string | null
}

/** Where to send the browser, and the cookie it comes back with. */
export interface Departure {
  readonly location: string
  readonly headers: Headers
}

/** With what a browser came back from a provider. */
export type Arrival =
  | { readonly kind: 'linked'; readonly headers: Headers }
  | { readonly kind: 'sign-in'; readonly result: SignInResult; readonly next: string | null }

/** Signing in with an outside OpenID provider, and keeping one's identities there in order. */
export class OpenIdSignIn {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #door: SignIn
  readonly #made: NewAccounts
  readonly #notices: Notices

  constructor(controls: Controls, parts: BackendParts, door: SignIn, made: NewAccounts) {
    this.#controls = controls
    this.#parts = parts
    this.#door = door
    this.#made = made
    this.#notices = new Notices(controls, parts)
  }

  /** The configured ones. */
  get providers() {
    return this.#openid.providers
  }

  /** @throws Refusal `not-found`, `openid-refused` where the provider can't be reached. */
  start(provider: string, next: string | undefined, caller: Caller): Promise<Departure> {
    return this.#depart({ provider, purpose: 'sign-in', accountId: null, next: next ?? null }, caller)
  }

  /**
   * What the page of somebody who is signed in sends along that they want to link: no other site knows it, and it is of no use in another
   * session.
   */
  ticket(provider: string, { sessionId }: Principal): string {
    return this.#parts.sealer.index('openid-link', `${sessionId} ${provider}`).toString('base64url')
  }

  /** @throws Refusal `cross-site` where the ticket is not from our page. */
  async startLink(provider: string, ticket: string, caller: Member): Promise<Departure> {
    const [given, expected] = [Buffer.from(ticket), Buffer.from(this.ticket(provider, caller.principal))]
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Refusal('cross-site')
    return this.#depart({ provider, purpose: 'link', accountId: caller.principal.accountId, next: null }, caller)
  }

  /**
   * Ends what began at {@link OpenIdSignIn.start} or {@link OpenIdSignIn.startLink}; the cookie goes in any case.
   *
   * @throws Refusal `not-found`; `openid-refused`; `conflict` where the identity can't be linked.
   */
  async arrive(provider: string, query: Readonly<Record<string, string>>, caller: Caller): Promise<Arrival> {
    try {
      const cookie = caller.cookie('__Host-openid')
      const proved = await this.#openid.prove({ provider, cookie, query }, whence(caller))
      if (proved.flow.purpose === 'link')
        return { kind: 'linked', headers: mergeHeaders(await this.#link(proved, caller), GONE) }
      const result = await this.#signIn(proved, caller)
      return {
        kind: 'sign-in',
        result: { ...result, headers: mergeHeaders(result.headers, GONE) },
        next: proved.flow.next,
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, message, options } = error
      throw new Refusal(code, message, { ...options, headers: { ...options.headers, ...GONE } })
    }
  }

  /** The configured providers, as the caller has them. */
  async list({ principal }: Pick<Member, 'principal'>): Promise<readonly ProviderView[]> {
    const linked = await this.#openid.list(principal.accountId)
    return this.providers.map(({ id, label }) => {
      const one = linked.find(({ provider }) => provider === id)
      return {
        id,
        label,
        linkedAt: one === undefined ? null : new Date(one.linkedAt).toISOString(),
        usedAt: one === undefined || one.usedAt === null ? null : new Date(one.usedAt).toISOString(),
      }
    })
  }

  /** @throws Refusal `not-found` where there is none; `conflict` where nothing else signs the caller in. */
  async unlink(provider: string, caller: Member): Promise<void> {
    const label = this.#labelOf(provider)
    const { accountId } = caller.principal
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      // Two removals side by side must not take the last two ways in.
      await this.#controls['authentication/multi-factor'].lock(tx, accountId)
      await this.#openid.unlink(tx, accountId, provider, origin(caller))
      await this.#notices.tell(tx, accountId, { change: 'openid-unlinked', detail: label }, caller)
    })
  }

  async #depart(
    flow: Pick<ProvedIdentity['flow'], 'provider' | 'purpose' | 'accountId' | 'next'>,
    caller: Caller,
  ): Promise<Departure> {
    const redirectUri = `${this.#originOf(caller)}/auth/openid/${flow.provider}/callback`
    const begun = await this.#openid.begin({ ...flow, redirectUri }, whence(caller))
    return {
      location: begun.location,
      headers: { 'set-cookie': openIdCookie(begun.cookie, begun.lifetime), 'cache-control': 'no-store' },
    }
  }

  async #signIn(proved: ProvedIdentity, caller: Caller): Promise<SignInResult> {
    const known = proved.account
    const from = whence(caller)
    const result =
      known === null
        ? await this.#newcomer(proved, caller)
        : await this.#door.finish(
            {
              account: known,
              method: 'openid',
              assurance: 1,
              stillStands: (tx) => this.#openid.use(tx, proved, known.id, from),
            },
            caller,
          )
    const accountId = known?.id ?? (result.kind === 'signed-in' ? result.account.id : undefined)
    this.#parts.events.report({
      name: 'authn_login_success',
      result: 'success',
      fields: { method: 'openid' },
      ...from,
      accountId,
    })
    return result
  }

  /**
   * Somebody whom nobody here has as an identity. The provider's word makes an account on a free address; it gives nobody an account
   * that is there, since its owner has not said that this provider may speak for them.
   */
  async #newcomer(proved: ProvedIdentity, caller: Caller): Promise<SignInResult> {
    const { provider, email } = proved
    const from = whence(caller)
    const refuse = (reason: OpenIdRefusalReason, said: string): Error =>
      this.#openid.refusal(provider.id, reason, from, said)
    if (email === null) throw refuse('unverified', words.refused.unverified(provider.label))
    const taken = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirst()
    if (taken !== undefined) throw refuse('address-taken', words.refused.taken(provider.label))
    if (this.#parts.definition.signUp !== 'open') throw refuse('no-sign-up', words.refused.invitation)
    return this.#made.byProvider(
      { email, name: proved.name ?? email.slice(0, email.indexOf('@')) },
      (tx, accountId) => this.#openid.link(tx, accountId, proved, { ...from, accountId }),
      caller,
    )
  }

  /** The account is the one that began it, in a session that was confirmed then; who the browser belongs to now is looked at again. */
  async #link(proved: ProvedIdentity, caller: Caller): Promise<Headers> {
    const { provider, flow, account } = proved
    const { principal } = caller
    const now = this.#parts.clock.now()
    const isTheirs = principal !== null && principal.accountId === flow.accountId
    if (!isTheirs || now > after(principal.authenticatedAt, CONFIRMED_WITHIN))
      throw this.#openid.refusal(provider.id, 'nobody', origin(caller), words.refused.nobody)
    const { accountId } = principal
    if (account !== null && account.id !== accountId)
      throw this.#openid.refusal(
        provider.id,
        'linked-elsewhere',
        origin(caller),
        words.refused.elsewhere(provider.label),
      )
    if (account !== null) return {}
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      await this.#controls['authentication/multi-factor'].lock(tx, accountId)
      await this.#openid.link(tx, accountId, proved, origin(caller))
      await this.#notices.tell(tx, accountId, { change: 'openid-linked', detail: provider.label }, caller)
    })
    return {}
  }

  #labelOf(provider: string): string {
    const found = this.providers.find(({ id }) => id === provider)
    if (found === undefined) throw new Refusal('not-found')
    return found.label
  }

  /** Of our origins the one at which the browser is: it is to come back there, where its cookie is. */
  #originOf({ headers }: Pick<Caller, 'headers'>): string {
    const { host } = headers as Readonly<Record<string, unknown>>
    const { publicOrigins } = this.#parts
    return publicOrigins.find((ours) => new URL(ours).host === host) ?? publicOrigins[0] ?? ''
  }

  get #openid() {
    return this.#controls['authentication/strong-authentication'].openid
  }
}

/**
 * `SameSite=Lax`, since the browser comes back from another site; `Strict` would keep it away then. Nothing but the sealed sign-in is in
 * it, and it is good for nothing but to end that.
 */
const openIdCookie = (value: string, lifetimeSeconds: number): string =>
  `__Host-openid=${value}; Path=/; Max-Age=${lifetimeSeconds}; Secure; HttpOnly; SameSite=Lax`

const GONE = { 'set-cookie': openIdCookie('', 0) } as const

/** Five minutes until it began, ten for the provider. */
const CONFIRMED_WITHIN = minutes(15)

const words = en.openid

import { createHash } from 'node:crypto'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { after } from '../../../kernel/time.ts'
import { type OpenIdClaims, type OpenIdClient, OpenIdFault } from '../../../platform/openid/index.ts'
import { normaliseEmail } from './email.ts'
import type { OpenId, OpenIdFlow, OpenIdParts } from './openid.ts'
import { createFlowKeeping, FLOW_LIFETIME } from './openid-flow.ts'
import { createIdentities } from './openid-identities.ts'
import { spendOnce } from './spend-once.ts'
import type { Origin } from './strong-authentication.ts'

export function createOpenId(parts: OpenIdParts): OpenId {
  const { accounts, clock, events, client } = parts
  const providerOf = (id: string): OpenIdClient['providers'][number] => {
    const provider = client.providers.find((one) => one.id === id)
    if (provider === undefined) throw new Refusal('not-found')
    return provider
  }
  return {
    providers: client.providers,
    leadsTo: (address) => client.leadsTo(address),

    async begin(wanted, origin) {
      providerOf(wanted.provider)
      const flow: OpenIdFlow = {
        ...wanted,
        state: this.makeState(),
        nonce: this.makeNonce(),
        verifier: this.makeVerifier(),
        expiresAt: after(clock.now(), FLOW_LIFETIME),
      }
      const location = await trusting(this, wanted.provider, origin, () =>
        client.authorizationUrl(wanted.provider, flow),
      )
      return { location, cookie: this.seal(flow), lifetime: FLOW_LIFETIME }
    },

    async prove({ provider: id, cookie, query }, origin) {
      const provider = providerOf(id)
      const flow = this.read(cookie, query.state ?? '')
      // Begun with one provider, it is not ended by another [RFC 9700 4.4].
      if (flow === null || flow.provider !== id) throw this.refusal(id, 'flow', origin)
      const hash = createHash('sha256').update('openid\0').update(flow.state).digest()
      const first = await accounts.transaction(NOBODY, (tx) => this.spend(tx, hash, new Date(flow.expiresAt)))
      if (!first) throw this.refusal(id, 'used', origin)

      const came = new URL(flow.redirectUri)
      for (const [name, value] of Object.entries(query)) came.searchParams.append(name, value)
      const claims = await trusting(this, id, origin, () => client.claims(id, came, flow))
      const email =
        this.hasVerifiedEmail(claims) && typeof claims.email === 'string' ? normaliseEmail(claims.email) : null
      const identity = { provider, subject: claims.sub, email }
      const account = await this.accountOf(accounts.as(NOBODY), identity)
      if (account?.disabled) throw this.refusal(id, 'disabled', { ...origin, accountId: account.id })
      return { flow, ...identity, name: nameIn(claims), account }
    },

    refusal(provider, reason, origin, said) {
      events.report({ name: 'authn_openid_fail', result: 'failure', fields: { provider, reason }, ...origin })
      return new Refusal('openid-refused', said)
    },

    hasVerifiedEmail: (claims) => claims.email_verified === true,
    spend: spendOnce,
    ...createFlowKeeping(parts),
    ...createIdentities(parts),
  }
}

/** What goes wrong with a provider is an event and a refusal, and nothing of what it wrote. */
async function trusting<T>(openid: OpenId, provider: string, origin: Origin, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OpenIdFault)
      throw openid.refusal(provider, error.reason, origin, error.reason === 'unreachable' ? AWAY : undefined)
    throw error
  }
}

/** What a person is called there, as far as it can be shown here: a line, cut to what a name may have. */
function nameIn({ name }: OpenIdClaims): string | null {
  if (typeof name !== 'string') return null
  const line = name.normalize('NFC').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
  const cut = [...line.trim()].slice(0, 100).join('').trim()
  return cut === '' ? null : cut
}

const AWAY = 'The other service does not answer just now; try again shortly, or sign in in another way'

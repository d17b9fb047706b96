import { type Clock, type Seconds, seconds } from '../../kernel/time.ts'
import { type OpenIdClient, OpenIdFault, type OpenIdProvider } from './openid.ts'
import { ProviderLink } from './provider-link.ts'

/**
 * The way to the configured providers. What they say of themselves, and their keys, are kept in this process, for as long as
 * `provider-link.ts` says; a provider that is down is nothing to anybody but who wants to sign in with it.
 */
export function createOpenIdClient(options: {
  readonly providers: readonly OpenIdProvider[]
  readonly clock: Clock
  /** How long a provider may take over one answer. Default 5 s. */
  readonly timeout?: Seconds
}): OpenIdClient {
  const links = new Map(
    options.providers.map(
      (provider) => [provider.id, new ProviderLink(provider, options.clock, options.timeout ?? TIMEOUT)] as const,
    ),
  )
  const linkOf = (id: string): ProviderLink => {
    const link = links.get(id)
    if (link === undefined) throw new OpenIdFault('provider')
    return link
  }
  return {
    providers: Object.freeze(options.providers.map(({ id, label }) => Object.freeze({ id, label }))),
    authorizationUrl: async (provider, request) => linkOf(provider).authorizationUrl(request),
    claims: async (provider, came, request) => linkOf(provider).claims(came, request),
    leadsTo: (address) => [...links.values()].some((link) => link.leadsTo(address)),
  }
}

const TIMEOUT = seconds(5)

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { Secret } from '../../kernel/secret.ts'
import type { OpenIdProvider } from './openid.ts'

/** A real OpenID provider on loopback, at which a client of ours is registered. */
export interface RealProvider {
  readonly settings: OpenIdProvider
  /** Sends people back to these addresses of ours, and to no others. */
  register(redirectUris: readonly string[]): void
  /** Who signs in there from now on, without being asked. */
  expect(who: Person): void
  /** Signs with another key from now on, and shows no other. */
  rotateKey(): void
  /** How often a path was asked for: `/jwks`. */
  asked(path: string): number
  /**
   * What a browser does at the provider: signs in as somebody, and follows until it is sent back to us.
   *
   * @param who - the claims of this person; `sub` says who it is.
   */
  visit(location: string, who: Person): Promise<URL>
  close(): Promise<void>
}

export interface Person {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
}

/** It requires PKCE. */
export async function startRealProvider(): Promise<RealProvider> {
  const people = new Map<string, Person>()
  const asked = new Map<string, number>()
  const clientSecret = randomBytes(32).toString('base64url')
  let ours: readonly string[] = ['https://localhost/nowhere']
  let next: Person = { sub: 'nobody' }
  let provider: Provider
  const server = http.createServer((request, reply) => {
    const { pathname } = new URL(request.url ?? '/', issuer)
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1)
    if (!pathname.startsWith('/interaction/')) provider.callback()(request, reply)
    else void provider.interactionFinished(request, reply, { login: { accountId: next.sub } })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const make = (): Provider => {
    const made = new Provider(issuer, {
      clients: [
        {
          client_id: 'notes',
          client_secret: clientSecret,
          redirect_uris: ours,
          grant_types: ['authorization_code'],
          response_types: ['code'],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys: [newKey()] },
      cookies: { keys: [randomBytes(16).toString('hex')] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      enabledJWA: { idTokenSigningAlgValues: ['ES256', 'HS256'] },
      // In the ID token, as most of the large providers have it.
      conformIdTokenClaims: false,
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      interactions: { url: (_context: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: () => people.get(sub) ?? { sub },
      }),
      loadExistingGrant: ({ oidc }: Asked) => grantFor(made, oidc),
    })
    return made
  }
  provider = make()
  const expect = (who: Person): void => {
    next = who
    people.set(who.sub, who)
  }

  return {
    settings: { id: 'real', label: 'Real', issuer, clientId: 'notes', clientSecret: new Secret(clientSecret) },
    register(redirectUris) {
      ours = redirectUris
      provider = make()
    },
    rotateKey() {
      provider = make()
    },
    asked: (path) => asked.get(path) ?? 0,
    expect,
    async visit(location, who) {
      expect(who)
      const cookies = new Map<string, string>()
      let at = new URL(location)
      while (at.origin === issuer) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const reply = await fetch(at, { redirect: 'manual', headers: { cookie } })
        for (const set of reply.headers.getSetCookie()) {
          const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=', 2)
          cookies.set(name, value)
        }
        const onward = reply.headers.get('location')
        if (onward === null) throw new Error(`the provider answered ${reply.status}: ${await reply.text()}`)
        at = new URL(onward, at)
      }
      return at
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whoever signs in there has agreed that we are told of it. */
async function grantFor(provider: Provider, { client, session }: Asked['oidc']) {
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope('openid email profile')
  await grant.save()
  return grant
}

interface Asked {
  readonly oidc: {
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

const newKey = () => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  kid: randomBytes(8).toString('hex'),
  use: 'sig',
  alg: 'ES256',
})

import * as openid from 'openid-client'
import { after, type Clock, hours, type Moment, minutes, type Seconds, seconds } from '../../kernel/time.ts'
import { boundedFetch, isLoopback, mayReach } from './bounded-fetch.ts'
import { faultOf } from './fault-of.ts'
import { type OpenIdClaims, OpenIdFault, type OpenIdProvider, type OpenIdRequest } from './openid.ts'
import { verifyTokenBinding } from './verify-token-binding.ts'

/** One provider: what it says of itself and its keys, kept within bounds, and the two steps that a sign-in takes with it. */
export class ProviderLink {
  readonly #provider: OpenIdProvider
  readonly #clock: Clock
  readonly #timeout: Seconds
  readonly #loopback: boolean
  readonly #fetch: ReturnType<typeof boundedFetch>
  #metadata: { readonly value: openid.ServerMetadata; readonly readAt: Moment } | undefined
  #reading: Promise<openid.ServerMetadata> | undefined
  #failedAt: Moment | undefined
  /** `uat` is a second of the system's clock, by which the library judges their age; `readAt` is one of ours. */
  #keys: { readonly cache: openid.ExportedJWKSCache; readonly readAt: Moment } | undefined

  constructor(provider: OpenIdProvider, clock: Clock, timeout: Seconds) {
    const issuer = new URL(provider.issuer)
    this.#provider = provider
    this.#clock = clock
    this.#timeout = timeout
    this.#loopback = issuer.protocol === 'http:' && isLoopback(issuer.hostname)
    this.#fetch = boundedFetch({ loopback: this.#loopback, mostBytes: MOST_BYTES, mostAtOnce: MOST_AT_ONCE })
  }

  async authorizationUrl(request: OpenIdRequest): Promise<string> {
    const configuration = this.#configured(await this.#discovered())
    const { href } = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: request.redirectUri,
      scope: 'openid email profile',
      state: request.state,
      nonce: request.nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(request.verifier),
      code_challenge_method: 'S256',
    })
    return href
  }

  async claims(came: URL, request: OpenIdRequest): Promise<OpenIdClaims> {
    const metadata = await this.#discovered()
    const configuration = this.#configured(metadata)
    try {
      const answer = await openid.authorizationCodeGrant(configuration, came, {
        expectedState: request.state,
        expectedNonce: request.nonce,
        pkceCodeVerifier: request.verifier,
        idTokenExpected: true,
      })
      const claims = answer.claims()
      if (claims === undefined || answer.id_token === undefined) throw new OpenIdFault('token')
      verifyTokenBinding(answer.id_token, claims, answer.access_token, this.#clock.now())
      return claims as OpenIdClaims
    } catch (error) {
      throw faultOf(error)
    } finally {
      this.#keep(openid.getJwksCache(configuration))
    }
  }

  leadsTo(address: string): boolean {
    const endpoint = this.#metadata?.value.authorization_endpoint
    if (endpoint === undefined || !URL.canParse(address)) return false
    const [there, known] = [new URL(address), new URL(endpoint)]
    return there.origin === known.origin && there.pathname === known.pathname && there.hash === ''
  }

  /** What the provider says of itself; asked for once, however many wait for it. */
  async #discovered(): Promise<openid.ServerMetadata> {
    const now = this.#clock.now()
    if (this.#metadata !== undefined && now < after(this.#metadata.readAt, METADATA_LIFETIME))
      return this.#metadata.value
    // One that was down a moment ago is not asked again by everybody who comes by.
    if (this.#failedAt !== undefined && now < after(this.#failedAt, PAUSE)) throw new OpenIdFault('unreachable')
    this.#reading ??= this.#discover().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #discover(): Promise<openid.ServerMetadata> {
    const { issuer, clientId } = this.#provider
    try {
      const found = await openid.discovery(new URL(issuer), clientId, undefined, undefined, {
        [openid.customFetch]: this.#fetch as openid.CustomFetch,
        timeout: this.#timeout,
        execute: this.#loopback ? [openid.allowInsecureRequests] : [],
      })
      const value = usable(found.serverMetadata(), issuer, this.#loopback)
      this.#metadata = { value, readAt: this.#clock.now() }
      this.#failedAt = undefined
      return value
    } catch (error) {
      this.#failedAt = this.#clock.now()
      const fault = faultOf(error)
      throw fault.reason === 'unreachable' ? fault : new OpenIdFault('provider')
    }
  }

  #configured(metadata: openid.ServerMetadata): openid.Configuration {
    const { clientId, clientSecret } = this.#provider
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const secret = clientSecret.release()
    const configuration = new openid.Configuration(
      metadata,
      clientId,
      {
        client_secret: secret,
        [openid.clockSkew]: Math.round((this.#clock.now() - Date.now()) / 1000),
        [openid.clockTolerance]: CLOCK_TOLERANCE,
      },
      methods.includes('client_secret_basic') ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret),
    )
    configuration[openid.customFetch] = this.#fetch as openid.CustomFetch
    configuration.timeout = this.#timeout
    if (this.#loopback) openid.allowInsecureRequests(configuration)
    // Without this the token's signature would not be looked at, since it came from the provider itself over TLS.
    openid.enableNonRepudiationChecks(configuration)
    if (this.#keys !== undefined) {
      const age = Math.floor((this.#clock.now() - this.#keys.readAt) / 1000)
      // The library asks anew for keys that are five minutes old, and for an unknown one after a minute.
      if (age >= 0 && age < KEYS_LIFETIME)
        openid.setJwksCache(configuration, { ...this.#keys.cache, uat: Math.floor(Date.now() / 1000) - age })
    }
    return configuration
  }

  #keep(cache: openid.ExportedJWKSCache | undefined): void {
    if (cache === undefined) return
    const age = Math.max(0, Math.floor(Date.now() / 1000) - cache.uat)
    this.#keys = { cache, readAt: this.#clock.now() - age * 1000 }
  }
}

/** Metadata with which a sign-in is as safe as it should be. @throws OpenIdFault `provider` */
function usable(metadata: openid.ServerMetadata, issuer: string, loopback: boolean): openid.ServerMetadata {
  const { authorization_endpoint, token_endpoint, jwks_uri } = metadata
  // Compared as text: https://id.example/ is another issuer, and so is that of one tenant of many.
  const right =
    metadata.issuer === issuer &&
    [authorization_endpoint, token_endpoint, jwks_uri].every(
      (url) => typeof url === 'string' && URL.canParse(url) && mayReach(new URL(url), loopback),
    )
  const offered = metadata.id_token_signing_alg_values_supported ?? ['RS256']
  const algorithms = ASYMMETRIC.filter((algorithm) => offered.includes(algorithm))
  if (!right || algorithms.length === 0) throw new OpenIdFault('provider')
  const { mtls_endpoint_aliases: _, ...rest } = metadata
  // Those are all that a token may be signed by: neither `none`, nor HMAC by a secret that somebody may take the public key for.
  return { ...rest, id_token_signing_alg_values_supported: algorithms }
}

const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const METADATA_LIFETIME = hours(1)
const KEYS_LIFETIME = minutes(5)
const PAUSE = seconds(5)
/** Seconds by which its clock may be off. */
const CLOCK_TOLERANCE = 30
const MOST_BYTES = 262_144
const MOST_AT_ONCE = 20

import { createHash, createHmac, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secret } from '../../kernel/secret.ts'
import type { Clock } from '../../kernel/time.ts'
import type { OpenIdProvider } from '../../platform/openid/index.ts'

/** In place of an outside OpenID provider: one on loopback that says whatever it is asked to say. */
export interface OpenIdDouble {
  readonly provider: OpenIdProvider
  close(): Promise<void>
}

/**
 * What whoever plays the browser wants of it, as JSON in the parameter `wish` of the authorization endpoint. Without one it is as good
 * a provider as any, and everybody is the same person.
 */
interface Wish {
  /** Over those of an honest ID token; `null` leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** How the token is signed: `ES256` (default) by the key it shows, `stranger` by another, `HS256` with its public key as the secret. */
  readonly signed?: 'ES256' | 'none' | 'HS256' | 'stranger'
  /** Whether the code may be exchanged more than once. */
  readonly again?: boolean
}

/** Starts one on a free port. */
export async function startOpenIdDouble(clock: Clock): Promise<OpenIdDouble> {
  // Of letters and digits, which stay as they are in the form that Basic credentials are sent in.
  const clientSecret = randomBytes(32).toString('hex')
  const [key, stranger] = [newKey(), newKey()]
  const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }
  const codes = new Map<string, Issued>()
  let issuer = ''

  const authorize = ({ searchParams: asked }: URL, reply: http.ServerResponse): void => {
    const code = randomBytes(32).toString('base64url')
    if (codes.size >= MOST_CODES) codes.clear()
    const wish = JSON.parse(asked.get('wish') ?? '{}') as Wish
    codes.set(code, { asked, wish })
    const back = new URL(asked.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.get('state') ?? '')
    back.searchParams.set('iss', issuer)
    reply.writeHead(302, { location: back.href }).end()
  }

  const token = (form: URLSearchParams, authorization: string, reply: http.ServerResponse): void => {
    const code = form.get('code') ?? ''
    const issued = codes.get(code)
    const client = `Basic ${Buffer.from(`${CLIENT}:${clientSecret}`).toString('base64')}`
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const fits =
      issued !== undefined &&
      authorization === client &&
      form.get('redirect_uri') === issued.asked.get('redirect_uri') &&
      issued.asked.get('code_challenge_method') === 'S256' &&
      challenge === issued.asked.get('code_challenge')
    if (!fits) {
      json(reply, 400, { error: 'invalid_grant' })
      return
    }
    if (issued.wish.again !== true) codes.delete(code)
    const access = randomBytes(16).toString('base64url')
    const seconds = Math.floor(clock.now() / 1000)
    const honest = {
      iss: issuer,
      aud: CLIENT,
      sub: 'somebody',
      iat: seconds,
      exp: seconds + 300,
      nonce: issued.asked.get('nonce'),
      at_hash: createHash('sha256').update(access).digest().subarray(0, 16).toString('base64url'),
    }
    const claims = { ...honest, ...issued.wish.claims }
    const said = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null))
    json(reply, 200, {
      access_token: access,
      token_type: 'Bearer',
      id_token: sign(said, issued.wish.signed ?? 'ES256'),
    })
  }

  const sign = (claims: object, how: NonNullable<Wish['signed']>): string => {
    const alg = how === 'stranger' ? 'ES256' : how
    const head = `${encode({ alg, typ: 'JWT', kid: KID })}.${encode(claims)}`
    if (how === 'none') return `${head}.`
    if (how === 'HS256') return `${head}.${createHmac('sha256', pemOf(key.publicKey)).update(head).digest('base64url')}`
    const { privateKey } = how === 'stranger' ? stranger : key
    const signature = createSign('sha256').update(head).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${head}.${signature.toString('base64url')}`
  }

  const server = http.createServer((request, reply) => {
    const url = new URL(request.url ?? '/', issuer)
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return json(reply, 200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          // As some do, so that it is the backend that keeps to those that are signatures.
          id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
          authorization_response_iss_parameter_supported: true,
        })
      case 'GET /keys':
        return json(reply, 200, { keys: [jwk] })
      case 'GET /authorize':
        return authorize(url, reply)
      case 'POST /token':
        return void read(request).then((form) => token(form, request.headers.authorization ?? '', reply))
      default:
        return json(reply, 404, {})
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    provider: { id: 'double', label: 'Double', issuer, clientId: CLIENT, clientSecret: new Secret(clientSecret) },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Issued {
  readonly asked: URLSearchParams
  readonly wish: Wish
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString()
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function json(reply: http.ServerResponse, status: number, value: object): void {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function read(request: http.IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text = `${text}${chunk}`.slice(0, LONGEST_FORM)
  return new URLSearchParams(text)
}

const CLIENT = 'twin'
const KID = 'current'
const MOST_CODES = 1_000
const LONGEST_FORM = 16_384

import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { Unproved } from '../kernel/claim.ts'
import type { NetworkReply, NetworkRequest, NetworkVantage, TwinIdentity } from '../kernel/vantage.ts'
import { type PasskeyQuestion, signWithPasskey } from './software-passkey.ts'

export interface NetworkTarget {
  /** Origins of the nodes, `https://localhost:41234`. */
  readonly origins: readonly [string, string]
  /** PEM of the only authority that is believed. */
  readonly ca: string
}

/**
 * The network vantage of one twin: real sockets, real TLS, the certificate verified. Sessions of identities are made on
 * first use and kept. Call `close` when the twin goes.
 */
export function openNetwork(target: NetworkTarget): NetworkVantage & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS, ca: target.ca })
  const sessions = new Map<string, Promise<string>>()

  const post = (path: string, body?: unknown): Promise<NetworkReply> =>
    send(target, agent, { method: 'POST', path, headers: { origin: target.origins[0] }, body })

  /** By passkey, who has one: the password alone leads to the second step. */
  const attemptSignIn = async (identity: TwinIdentity): Promise<NetworkReply> => {
    const { email, password, passkey } = identity
    if (passkey === undefined) return post('/auth/sign-in', { email, password })
    const options = await post('/auth/passkey/options')
    if (options.status !== 200) return options
    const question = { ...(options.json() as PasskeyQuestion), origin: target.origins[0] }
    return post('/auth/passkey/sign-in', signWithPasskey(passkey, identity.accountId, question))
  }

  // Hashing is bounded, and claims side by side all sign in at their start: being turned away then is no verdict.
  const signIn = async (identity: TwinIdentity): Promise<string> => {
    let reply = await attemptSignIn(identity)
    for (let attempt = 1; reply.status === 503 && attempt < SIGN_INS; attempt++) {
      await sleep(attempt * PAUSE)
      reply = await attemptSignIn(identity)
    }
    if (!reply.setToken) throw new Unproved(`${identity.name} could not sign in: ${reply.status} ${codeOf(reply)}`)
    return reply.setToken
  }

  const sessionOf = (identity: TwinIdentity): Promise<string> => {
    const known = sessions.get(identity.accountId)
    if (known !== undefined) return known
    const made = signIn(identity)
    sessions.set(identity.accountId, made)
    // A sign-in that failed is not kept: the next request tries again.
    made.catch(() => forget(identity, made))
    return made
  }

  const forget = (identity: TwinIdentity, session: Promise<string>): void => {
    if (sessions.get(identity.accountId) === session) sessions.delete(identity.accountId)
  }

  const request = async (wanted: NetworkRequest): Promise<NetworkReply> => {
    const { as, ...rest } = wanted
    if (as === undefined) return send(target, agent, rest)
    const made = !sessions.has(as.accountId)
    const session = sessionOf(as)
    const reply = await send(target, agent, { ...rest, token: await session })
    // A claim may have ended the shared session. The request was refused before anything was done, so it can be sent again;
    // a session made a moment ago gets no second chance.
    if (made || reply.status !== 401 || codeOf(reply) !== 'authentication-required') return reply
    forget(as, session)
    return send(target, agent, { ...rest, token: await sessionOf(as) })
  }

  return {
    origin: target.origins[0],
    request,
    raw: (bytes, options = {}) => sendRaw(target, bytes, options.timeout ?? RAW_TIMEOUT, options.from),
    signIn,
    close: () => agent.destroy(),
  }
}

/** Reads the session cookie out of a reply's `set-cookie` fields: its value, `''` when removed, `undefined` when untouched. */
export function readSetToken(fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const [pair = '', ...attributes] = field.split(';')
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() !== SESSION_COOKIE) continue
    const removed = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute))
    return removed ? '' : pair.slice(at + 1).trim()
  }
  return undefined
}

function send(target: NetworkTarget, agent: Agent, wanted: NetworkRequest): Promise<NetworkReply> {
  const method = wanted.method ?? 'GET'
  const origin = target.origins[wanted.node ?? 0]
  const url = new URL(origin)
  const [body, contentType] = encodeBody(wanted.body)
  const headers = headersOf(wanted, method, origin, body, contentType)
  const timeout = wanted.timeout ?? REQUEST_TIMEOUT
  const { promise, resolve, reject } = Promise.withResolvers<NetworkReply>()
  let answered = false
  const outgoing = httpsRequest({
    agent: wanted.from === undefined ? agent : false,
    ...(wanted.from === undefined ? {} : { localAddress: wanted.from, family: 4, ca: target.ca }),
    method,
    host: url.hostname,
    port: url.port,
    servername: url.hostname,
    path: wanted.path,
    headers,
  })
  const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeout} ms`)), timeout)
  outgoing.on('response', (incoming) => {
    answered = true
    readReply(incoming).then(resolve, reject)
  })
  // Once a reply has begun, a failure to write the rest of the request (a large body refused early) says nothing.
  outgoing.on('error', (error) => {
    if (!answered) reject(failureOf(error, `${method} ${wanted.path.slice(0, 200)}`))
  })
  outgoing.end(body)
  return promise.finally(() => clearTimeout(timer))
}

/** What became of a request that got no answer. */
function failureOf(error: NodeJS.ErrnoException, what: string): Error {
  return error.code === 'EADDRNOTAVAIL'
    ? new Unproved('this system has no further loopback addresses to send from')
    : new Error(`${what}: ${error.message}`, { cause: error })
}

function headersOf(
  wanted: NetworkRequest,
  method: string,
  origin: string,
  body: Buffer | undefined,
  contentType: string | undefined,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { accept: '*/*' }
  if (wanted.token !== undefined) {
    headers.cookie = `${SESSION_COOKIE}=${wanted.token}`
    if (method !== 'GET' && method !== 'HEAD') headers.origin = origin
  }
  if (contentType !== undefined) headers['content-type'] = contentType
  if (body !== undefined) headers['content-length'] = String(body.length)
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    const key = name.toLowerCase()
    if (value.length === 0) delete headers[key]
    else headers[key] = typeof value === 'string' ? value : [...value]
  }
  return headers
}

function encodeBody(body: unknown): [bytes: Buffer | undefined, contentType: string | undefined] {
  if (body === undefined) return [undefined, undefined]
  if (typeof body === 'string') return [Buffer.from(body), undefined]
  if (body instanceof Uint8Array) return [Buffer.from(body), undefined]
  return [Buffer.from(JSON.stringify(body)), 'application/json']
}

async function readReply(incoming: IncomingMessage): Promise<NetworkReply> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_REPLY) {
      incoming.destroy()
      throw new Error(`the reply is larger than ${MAX_REPLY} bytes`)
    }
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    headers[name] = (values as readonly string[]).join(name === 'set-cookie' ? '\n' : ', ')
  }
  return {
    status: incoming.statusCode ?? 0,
    headers,
    body,
    text: () => body.toString('utf8'),
    json: () => JSON.parse(body.toString('utf8')) as unknown,
    setToken: readSetToken(incoming.headers['set-cookie'] ?? []),
  }
}

function sendRaw(target: NetworkTarget, bytes: Buffer | string, timeout: number, from?: string): Promise<Buffer> {
  const url = new URL(target.origins[0])
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let length = 0
  let secure = false
  const socket = connect(
    {
      host: url.hostname,
      port: Number(url.port),
      servername: url.hostname,
      ca: target.ca,
      ALPNProtocols: ['http/1.1'],
      ...(from === undefined ? {} : { localAddress: from, family: 4 }),
    },
    () => {
      secure = true
      socket.write(bytes)
    },
  )
  const finish = (): void => {
    socket.destroy()
    if (secure) resolve(Buffer.concat(chunks))
    else reject(new Error(`no TLS connection within ${timeout} ms`))
  }
  const timer = setTimeout(finish, timeout)
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_REPLY) finish()
  })
  socket.on('close', finish)
  // A reset after the handshake ends the conversation, and what came before it is the answer.
  socket.on('error', (error) => (secure ? finish() : reject(failureOf(error, 'connecting'))))
  return promise.finally(() => clearTimeout(timer))
}

/** The `code` of a problem reply, or `''`. */
function codeOf(reply: NetworkReply): string {
  try {
    const problem = reply.json()
    if (typeof problem === 'object' && problem !== null && 'code' in problem) return String(problem.code)
  } catch {
    // Not JSON, so it has no code.
  }
  return ''
}

const SESSION_COOKIE = '__Host-session'
/** Per node; a probe that floods opens its own. */
const MAX_SOCKETS = 32
/** Times a sign-in is tried while the server is overloaded, and how much longer the pause gets each time, in milliseconds. */
const SIGN_INS = 5
const PAUSE = 200
/** Milliseconds. */
const REQUEST_TIMEOUT = 10_000
const RAW_TIMEOUT = 5_000
/** Bytes of one reply that are kept; more than any honest page has. */
const MAX_REPLY = 16 * 1024 * 1024

import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify'
import type { ProblemCode } from '../../kernel/refusal.ts'
import { createAddressReader, createPeerFilter, peerAddress } from './client-address.ts'
import { flawOf } from './flaw.ts'
import { type HttpLimits, resolveLimits } from './limits.ts'
import { paceHandshakes } from './pace-handshakes.ts'
import { answerOnSocket, answerProblem } from './raw-reply.ts'
import { apiHeaders } from './security-headers.ts'

export interface HttpServerOptions {
  /** PEM texts. Absent: plain HTTP, for loopback and behind a TLS-terminating edge. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Makes the id that a request has in replies, log and events. */
  readonly requestId: () => string
  /** Proxies whose `X-Forwarded-For` is believed: addresses or networks. */
  readonly trustedProxies: readonly string[]
  /** Only these may connect: addresses or networks of the edge in front. Absent: anybody. */
  readonly onlyFrom?: readonly string[]
  /** Sends Strict-Transport-Security with refusals made here. Default false. */
  readonly hsts?: boolean
  readonly limits?: Partial<HttpLimits>
  /** Reads the query part of a request target. Must not throw. From data/validation-and-encoding. */
  readonly querystringParser?: (text: string) => Record<string, unknown>
  /** Told of each request refused before any route: malformed, too large, too slow, while stopping. Must not throw. */
  readonly onRefused?: (refused: RefusedRequest) => void
}

export interface RefusedRequest {
  readonly code: ProblemCode
  readonly requestId: string
  readonly address: string
  /** What the parser said (`HPE_INVALID_METHOD`), where it did. For the log. */
  readonly cause?: string
}

/**
 * A Fastify server with its limits set, that answers with a problem (RFC 9457) what never reaches a route: bytes that are
 * no HTTP, headers too large or too slow, ambiguous requests, requests while it stops. It reads the client's address
 * ({@link FastifyRequest.clientAddress}). It has no routes, no error handler and no logger of its own.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const limits = resolveLimits(options.limits)
  const headers = apiHeaders({ hsts: options.hsts ?? false })
  const addressOf = createAddressReader(options.trustedProxies)
  const mayConnect = options.onlyFrom === undefined ? null : createPeerFilter(options.onlyFrom)
  const refused = options.onRefused ?? (() => {})
  const nodeServers: http.Server[] = []
  let closing = false

  /** Stands before Fastify: what is ambiguous is not even routed. */
  const guarded =
    (handler: http.RequestListener): http.RequestListener =>
    (request, response) => {
      const code = closing ? 'shutting-down' : flawOf(request, limits)
      if (code === null) return handler(request, response)
      const requestId = options.requestId()
      answerProblem(response, code, requestId, headers)
      refused({ code, requestId, address: addressOf(request) })
    }

  const refuseSocket = (code: ProblemCode, socket: Duplex, cause?: string): void => {
    const requestId = options.requestId()
    if (!answerOnSocket(socket, code, requestId, headers)) return
    const address = peerAddress(socket as Parameters<typeof peerAddress>[0])
    refused(cause === undefined ? { code, requestId, address } : { code, requestId, address, cause })
  }

  // Also called for the second address of `localhost`, for which Fastify itself sets no listeners.
  const serverFactory = (handler: http.RequestListener): http.Server => {
    const server = createNodeServer(guarded(handler), options, limits)
    if (mayConnect !== null) {
      server.on('connection', (socket) => {
        if (!mayConnect(socket)) socket.destroy()
      })
    }
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const code = codeOfParserError(error.code ?? '')
      if (code === null) socket.destroy()
      else refuseSocket(code, socket, error.code)
    })
    // Read while it is known: a connection that has closed no longer tells its address.
    server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket) => peerAddress(socket))
    nodeServers.push(server)
    server.on('connect', (_request, socket) => refuseSocket('method-not-allowed', socket))
    server.on('checkExpectation', (request, response) => {
      const requestId = options.requestId()
      answerProblem(response, 'request-malformed', requestId, headers)
      refused({ code: 'request-malformed', requestId, address: addressOf(request) })
    })
    return server
  }

  const settings: FastifyServerOptions = {
    serverFactory: serverFactory as NonNullable<FastifyServerOptions['serverFactory']>,
    clientErrorHandler: () => {}, // ours above
    frameworkErrors: (error, request, reply) => {
      // Made by the router, without what requests are decorated with.
      Object.assign(request, { clientAddress: addressOf(request.raw), principal: null, nonce: '' })
      server.errorHandler(error, request, reply)
    },
    genReqId: options.requestId,
    requestIdHeader: false,
    logger: false,
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: true,
    return503OnClosing: false, // answered above, with a problem
    forceCloseConnections: 'idle',
    trustProxy: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      allowUnsafeRegex: false,
      maxParamLength: limits.paramLength,
      ...(options.querystringParser === undefined ? {} : { querystringParser: options.querystringParser }),
    },
  }
  const server = fastify(settings)
  server.addHook('preClose', (done) => {
    closing = true
    // A connection whose last answer was in flight is kept alive by its client, who has no reason to close it.
    for (const one of nodeServers.filter(({ listening }) => listening)) {
      const sweep = setInterval(() => one.closeIdleConnections(), SWEEP_EVERY_MS).unref()
      one.once('close', () => clearInterval(sweep))
    }
    done()
  })
  server.decorateRequest('clientAddress', {
    getter() {
      return addressOf(this.raw)
    },
  })
  return server
}

function createNodeServer(handler: http.RequestListener, options: HttpServerOptions, limits: HttpLimits): http.Server {
  const settings: http.ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: Math.max(250, Math.min(5_000, limits.headersTimeout / 2)),
    insecureHTTPParser: false,
    requireHostHeader: false, // its refusal is no problem reply: flawOf refuses it
    noDelay: true,
  }
  const server =
    options.tls === undefined
      ? http.createServer(settings, handler)
      : createTlsServer({ ...settings, ...TLS, ...options.tls }, handler)
  server.maxHeadersCount = limits.headerCount + 1 // one more than allowed is seen, and refused; what is over is dropped unseen
  server.maxRequestsPerSocket = limits.requestsPerSocket
  server.maxConnections = limits.connections
  server.setTimeout(limits.socketTimeout)
  return server
}

function createTlsServer(settings: https.ServerOptions, handler: http.RequestListener): http.Server {
  const server = https.createServer(settings, handler)
  paceHandshakes(server)
  return server as http.Server
}

/** `null`: nobody is there to be answered, or there is no connection to answer on. */
function codeOfParserError(code: string): ProblemCode | null {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout'
  // A failed TLS handshake, plain HTTP on the TLS port among them, has no channel on which an answer could be read.
  if (code.startsWith('HPE_')) return 'request-malformed'
  return null
}

const SWEEP_EVERY_MS = 25

/** TLS 1.3, and 1.2 only with forward secrecy and authenticated encryption; hybrid key exchange first (RFC 9325, FIPS 203). */
const TLS: https.ServerOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: 10_000,
}

import { StartRefusal } from '../../kernel/refusal.ts'

/** What the server takes from a client before it stops listening to it. */
export interface HttpLimits {
  /** All header fields of a request together, in bytes. Default 16 KiB. */
  readonly headerBytes: number
  /** Header fields of a request. Default 100. */
  readonly headerCount: number
  /** The request target, in bytes. Default 8 KiB. */
  readonly urlBytes: number
  /** A body, unless its route says otherwise, in bytes. Default 64 KiB. */
  readonly bodyBytes: number
  /** A parameter in a path, in characters. Default 256. */
  readonly paramLength: number
  /** Time for the header fields to arrive, in milliseconds. Default 10 s. */
  readonly headersTimeout: number
  /** Time for the whole request to arrive, in milliseconds. Default 30 s. */
  readonly requestTimeout: number
  /** How long an idle connection is kept, in milliseconds. Default 65 s, longer than the common proxies' 60 s. */
  readonly keepAliveTimeout: number
  /** A connection on which nothing moves, in milliseconds: slow readers too. Default 90 s. */
  readonly socketTimeout: number
  /** Requests over one connection before it is closed. Default 10,000. */
  readonly requestsPerSocket: number
  /** Connections at once; more are dropped. Default 10,000. */
  readonly connections: number
}

/** @throws {@link StartRefusal} for a name that is no limit and for a value that is no whole number above 0. */
export function resolveLimits(limits: Partial<HttpLimits> = {}): HttpLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new StartRefusal(`limits.${name}`, 'is no limit of the HTTP server')
    if (!Number.isSafeInteger(value) || Number(value) <= 0) {
      throw new StartRefusal(`limits.${name}`, 'must be a whole number above 0')
    }
  }
  return Object.freeze({ ...DEFAULTS, ...limits })
}

const DEFAULTS: HttpLimits = {
  headerBytes: 16 * 1024,
  headerCount: 100,
  urlBytes: 8 * 1024,
  bodyBytes: 64 * 1024,
  paramLength: 256,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  socketTimeout: 90_000,
  requestsPerSocket: 10_000,
  connections: 10_000,
}

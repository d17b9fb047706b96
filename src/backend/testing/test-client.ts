import type { FastifyInstance } from 'fastify'

/** Somebody's way to a backend. Methods take paths with their query: `/api/notes?tag=home`. */
export interface TestClient {
  get<T = unknown>(path: string): Promise<TestReply<T>>
  delete<T = unknown>(path: string): Promise<TestReply<T>>
  /** @param body - an object is sent as JSON, `URLSearchParams` as a form. */
  post<T = unknown>(path: string, body?: unknown): Promise<TestReply<T>>
  put<T = unknown>(path: string, body?: unknown): Promise<TestReply<T>>
  patch<T = unknown>(path: string, body?: unknown): Promise<TestReply<T>>
  /** For what the others leave out: header fields, text as it is. */
  request<T = unknown>(request: TestRequest): Promise<TestReply<T>>
}

export interface TestRequest {
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  readonly path: string
  /** Over what the client sends by itself; `''` sends no such field. */
  readonly headers?: Readonly<Record<string, string>>
  /** As for {@link TestClient.post}; text and bytes are sent as they are, then give `content-type`. */
  readonly body?: unknown
}

export interface TestReply<T = unknown> {
  readonly status: number
  /** Lower-case names; several fields of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** What a reply in JSON says, problems included; else `undefined`. The type is the caller's word: nothing checks it. */
  readonly body: T
  readonly text: string
}

/**
 * A client that hands its requests to the server in memory: everything from the parsing of headers on happens, sockets and
 * TLS do not. As a browser on the backend's own pages would, it sends `origin` with what changes something.
 *
 * @param cookie - asked before each request; `null` for somebody who is not signed in.
 */
export function testClient(server: FastifyInstance, origin: string, cookie: () => Promise<string | null>): TestClient {
  const request = async <T>(wanted: TestRequest): Promise<TestReply<T>> => {
    const method = wanted.method ?? 'GET'
    const [payload, contentType] = encode(wanted.body)
    const session = await cookie()
    const headers = new Map([['host', new URL(origin).host]])
    if (session !== null) headers.set('cookie', session)
    if (!SAFE.has(method)) headers.set('origin', origin)
    if (contentType !== null) headers.set('content-type', contentType)
    for (const [name, value] of Object.entries(wanted.headers ?? {})) headers.set(name.toLowerCase(), value)
    for (const [name, value] of headers) if (value === '') headers.delete(name)
    const reply = await server.inject({
      method,
      url: wanted.path,
      headers: Object.fromEntries(headers),
      ...(payload === null ? {} : { payload }),
    })
    const type = String(reply.headers['content-type'] ?? '')
    return {
      status: reply.statusCode,
      headers: Object.fromEntries(
        Object.entries(reply.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
      ),
      body: (/^application\/([a-z]+\+)?json(;|$)/.test(type) ? reply.json() : undefined) as T,
      text: reply.body,
    }
  }
  return {
    request,
    get: (path) => request({ path }),
    delete: (path) => request({ method: 'DELETE', path }),
    post: (path, body) => request({ method: 'POST', path, body }),
    put: (path, body) => request({ method: 'PUT', path, body }),
    patch: (path, body) => request({ method: 'PATCH', path, body }),
  }
}

function encode(body: unknown): readonly [payload: string | Buffer | null, contentType: string | null] {
  if (body === undefined) return [null, null]
  if (typeof body === 'string') return [body, null]
  if (body instanceof Uint8Array) return [Buffer.from(body), null]
  if (body instanceof URLSearchParams) return [body.toString(), 'application/x-www-form-urlencoded']
  return [JSON.stringify(body), 'application/json']
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

import { type TestReply, type TestRequest, testClient } from '../src/backend/testing/test-client.ts'
import type { RunningTwin } from '../src/backend/twin/twin.ts'

/** A browser on a twin's own pages: what it is given as cookies it sends again. Its requests go to the first node, in memory. */
export interface Browser {
  readonly cookies: Map<string, string>
  request(request: TestRequest): Promise<TestReply<Readonly<Record<string, unknown>>>>
  get(path: string): ReturnType<Browser['request']>
  /** @param body - an object is sent as JSON, `URLSearchParams` as a form. */
  post(path: string, body?: unknown): ReturnType<Browser['request']>
}

export function browserOn(twin: RunningTwin, cookies: Iterable<readonly [string, string]> = []): Browser {
  const server = twin.backends[0]?.servers[0]
  if (server === undefined) throw new Error('a twin has a server')
  const jar = new Map(cookies)
  const client = testClient(server, twin.origins[0], async () =>
    jar.size === 0 ? null : [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
  )
  const request: Browser['request'] = async (wanted) => {
    const reply = await client.request<Readonly<Record<string, unknown>>>(wanted)
    for (const [, name = '', value = ''] of (reply.headers['set-cookie'] ?? '').matchAll(/(__Host-[a-z]+)=([^;,]*)/g))
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    return reply
  }
  return {
    cookies: jar,
    request,
    get: (path) => request({ path }),
    post: (path, body) => request({ method: 'POST', path, body }),
  }
}

/** What came of a request, short: `204`, `410 link-invalid`, `200 second-factor`, `303 to /sign-in`. */
export function answerOf({ status, headers, body }: TestReply): string {
  const { code, next } = (body ?? {}) as { readonly code?: unknown; readonly next?: unknown }
  const word = typeof code === 'string' ? code : typeof next === 'string' ? next : ''
  const place = headers.location === undefined ? '' : `to ${headers.location.split('?')[0]}`
  return [String(status), word, place].filter((part) => part !== '').join(' ')
}

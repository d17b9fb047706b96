import type { SurfaceRoute } from '../../../kernel/surface.ts'
import type { NetworkReply, NetworkRequest } from '../../../kernel/vantage.ts'
import type { Expected } from './probe-expectation.ts'

/** What came back, in the words of {@link Expected}. `other` is none of them. */
export type Seen = 'unauthenticated' | 'forbidden' | 'not-there' | 'allowed' | 'other'

/**
 * Reads a reply. A redirect counts as success only where the route declares one and it does not lead to signing in or
 * confirming: elsewhere it is how a page says no.
 */
export function seenIn(reply: NetworkReply, route: SurfaceRoute): Seen {
  const { status } = reply
  if (status >= 300 && status < 400) {
    const place = reply.headers.location ?? ''
    if (/^\/sign-in\b/.test(place)) return 'unauthenticated'
    if (/^\/confirm\b/.test(place)) return 'forbidden'
    return Object.hasOwn(route.schema.response, String(status)) ? 'allowed' : 'other'
  }
  if (status >= 200 && status < 300) return 'allowed'
  return status === 401 ? 'unauthenticated' : status === 403 ? 'forbidden' : status === 404 ? 'not-there' : 'other'
}

/** Whether what was seen is what must come. */
export function isAsExpected(expected: Expected, seen: Seen, reply: NetworkReply, inAddress: boolean): boolean {
  switch (expected) {
    case 'unauthenticated':
    case 'allowed':
      return seen === expected
    case 'forbidden':
      // A page that asks to confirm first would also be a 403 in other words, but nothing was confirmed as missing.
      return reply.status === 403 && !['cross-site', 'step-up-required'].includes(codeOf(reply) ?? '')
    case 'factor':
      return codeOf(reply) === 'second-factor-required' || shown(reply) === '303 to /account/factors'
    case 'not-there':
      // An object named in the body may be refused as input; it must still look like one that does not exist.
      return inAddress ? seen === 'not-there' : reply.status >= 400 && reply.status < 500 && reply.status !== 401
    case 'open':
      return reply.status < 500 && !['unauthenticated', 'forbidden'].includes(seen)
    case 'judged':
    case 'untested':
      return reply.status < 500
  }
}

/**
 * Whether who may remove a row was told that it can't go just now: no refusal of permission, where other rows refer to it. It says
 * nothing for who must be refused: they are to be told 403, or 404, before anybody looks at what refers to the row.
 */
export const isHeldBack = (expected: Expected, route: SurfaceRoute, reply: NetworkReply): boolean =>
  expected === 'allowed' && route.method === 'DELETE' && reply.status === 409 && codeOf(reply) === 'conflict'

/** The problem's code, where the reply is one. */
export function codeOf(reply: NetworkReply): string | undefined {
  if (!(reply.headers['content-type'] ?? '').includes('json')) return undefined
  try {
    const value = reply.json()
    const code = value !== null && typeof value === 'object' && 'code' in value ? value.code : undefined
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}

/** `404 not-found`, `303 to /sign-in`. */
export function shown(reply: NetworkReply): string {
  const place = reply.headers.location
  return [reply.status, codeOf(reply), place === undefined ? undefined : `to ${place.split('?')[0]}`]
    .filter(Boolean)
    .join(' ')
}

/**
 * What somebody can tell a reply by: status, names of its header fields, body; without what differs between any two
 * replies (ids, nonces, the address itself).
 */
export function faceOf(reply: NetworkReply, request: NetworkRequest): string {
  const address = request.path.split('?')[0] ?? ''
  const body = reply
    .text()
    .replaceAll(address, '<address>')
    .replace(/[A-Za-z0-9_-]{16,}/g, '<token>')
  const fields = Object.keys(reply.headers).filter((name) => !PASSING.has(name))
  return [reply.status, fields.sort().join(), body].join('\n')
}

/** Fields that come and go with the connection and the session, whatever is asked. */
const PASSING: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'date', 'set-cookie', 'content-length'])

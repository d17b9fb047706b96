import { isIP } from 'node:net'
import { OpenIdFault } from './openid.ts'

/** A request as openid-client makes it. */
export interface BoundedRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface Bounds {
  /** Whether plain HTTP to this machine will do: where the issuer itself is there. */
  readonly loopback: boolean
  readonly mostBytes: number
  /** Requests under way at once. */
  readonly mostAtOnce: number
}

export type BoundedFetch = (url: string, request: BoundedRequest) => Promise<Response>

/**
 * A fetch that a provider can't hurt: HTTPS alone, no redirects, so many requests at once and so many bytes of an answer; how long
 * it takes is bounded by the signal that comes with each. Side by side, the same GET is made once.
 *
 * @throws {@link OpenIdFault} `unreachable`
 */
export function boundedFetch(bounds: Bounds): BoundedFetch {
  let running = 0
  const shared = new Map<string, Promise<Answered>>()
  const run = async (url: string, { method, headers, body, signal }: BoundedRequest): Promise<Answered> => {
    if (!mayReach(new URL(url), bounds.loopback)) throw new OpenIdFault('provider')
    if (running >= bounds.mostAtOnce) throw new OpenIdFault('unreachable')
    running++
    try {
      const response = await fetch(url, {
        method,
        headers,
        // Followed by nobody: the answer is then one of 3xx, which is none.
        redirect: 'manual',
        ...(body === undefined || body === null ? {} : { body: body as string | URLSearchParams }),
        ...(signal === undefined ? {} : { signal }),
      })
      return {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        body: await readAtMost(response, bounds.mostBytes),
      }
    } catch (error) {
      if (error instanceof OpenIdFault) throw error
      throw new OpenIdFault('unreachable')
    } finally {
      running--
    }
  }
  return async (url, request) => {
    if (request.method !== 'GET') return respond(await run(url, request))
    let answered = shared.get(url)
    if (answered === undefined) {
      answered = run(url, request).finally(() => shared.delete(url))
      shared.set(url, answered)
    }
    return respond(await answered)
  }
}

/** HTTPS; plain HTTP where both ends of it are on this machine. */
export function mayReach(url: URL, loopback: boolean): boolean {
  if (url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (loopback && url.protocol === 'http:' && isLoopback(url.hostname))
}

export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))

interface Answered {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

/** Counted as it is read, after decompression: what it says of its length is not asked. */
async function readAtMost(response: Response, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > mostBytes) throw new OpenIdFault('unreachable')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function respond({ status, type, body }: Answered): Response {
  // A Response of these may have no body, and none of them is an answer.
  if (status < 200 || [204, 205, 304].includes(status)) throw new OpenIdFault('unreachable')
  return new Response(new Uint8Array(body), { status, headers: { 'content-type': type } })
}

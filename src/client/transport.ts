import { type ProblemDetails, ProblemError, unknownProblem } from './problem.ts'
import { solveChallenge } from './solve-challenge.ts'

export interface TransportOptions {
  /** Where the backend is, `https://app.example`. Default: where the page is from. */
  readonly origin?: string
  /** In place of the browser's. */
  readonly fetch?: typeof globalThis.fetch
}

/** Sends JSON and reads JSON. */
export interface Transport {
  /** @throws ProblemError where the server refuses; what `fetch` throws where it can't be reached. */
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>
  /**
   * The same for what strangers may ask: where the server wants a proof of work first, it is done, and the call made once
   * more.
   */
  callAsStranger<T>(path: string, body: unknown): Promise<T>
}

/**
 * The session is the browser's cookie: no token passes through here. On a page of another origin the backend has to name that in
 * `HOLDFAST_ALLOWED_ORIGINS`.
 */
export function createTransport({ origin = '', fetch = globalThis.fetch }: TransportOptions): Transport {
  const call: Transport['call'] = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const reply = await fetch(`${origin}${path}`, {
      method,
      credentials: 'include',
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!reply.ok) throw new ProblemError(await problemIn(reply), secondsIn(reply))
    if (reply.status === 204) return undefined as T
    return (await reply.json()) as T
  }
  return {
    call,
    async callAsStranger(path, body) {
      try {
        return await call('POST', path, body)
      } catch (error) {
        if (!(error instanceof ProblemError) || error.code !== 'challenge-required') throw error
        await solveChallenge(await call('GET', '/auth/challenge'))
        return call('POST', path, body)
      }
    },
  }
}

async function problemIn(reply: Response): Promise<ProblemDetails> {
  if (!(reply.headers.get('content-type') ?? '').startsWith('application/problem+json'))
    return unknownProblem(reply.status)
  const problem: unknown = await reply.json().catch(() => null)
  const read = typeof problem === 'object' && problem !== null && 'code' in problem && 'detail' in problem
  return read ? (problem as ProblemDetails) : unknownProblem(reply.status)
}

function secondsIn(reply: Response): number | null {
  const field = reply.headers.get('retry-after')
  return field !== null && /^\d{1,9}$/.test(field) ? Number(field) : null
}

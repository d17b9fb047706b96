import type { IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { StartedProcess } from '../../../kernel/vantage.ts'

export interface Asked {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Given: a POST. */
  readonly body?: string
}

/** Sends one request to a started process, on a connection of its own. */
export function ask(
  { origin, ca }: StartedProcess,
  { path, headers = {}, body }: Asked,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const request = https.request(
      `${origin}${path}`,
      { method, headers, ca, agent: false, timeout: LIMIT },
      (reply) => {
        reply.resume()
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers }))
        reply.on('error', reject)
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
    request.end(body)
  })
}

const LIMIT = 10_000 // milliseconds

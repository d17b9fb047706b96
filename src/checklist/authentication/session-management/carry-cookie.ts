import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/**
 * Adds a `Set-Cookie` field for the session to the reply that will come, unless that reply sets the session itself: who signs
 * in with a dead cookie is given the new one, and it is not removed in the same breath.
 *
 * Done at the moment the head is written, since replies are written in several ways, of which Fastify's `onSend` sees some.
 *
 * @param cookie - the cookie's name with `=`.
 */
export function carryCookie(response: ServerResponse, field: string, cookie: string): void {
  const writeHead = response.writeHead.bind(response) as (status: number, ...rest: unknown[]) => ServerResponse
  const isSession = (other: unknown): boolean => String(other).startsWith(cookie)

  response.writeHead = ((status: number, ...rest: unknown[]): ServerResponse => {
    const headers = rest.at(-1)
    // A flat list of names and values.
    if (Array.isArray(headers)) {
      const sets = headers.some(
        (name, at) => at % 2 === 0 && SET_COOKIE.test(String(name)) && isSession(headers[at + 1]),
      )
      return writeHead(status, ...rest.slice(0, -1), sets ? headers : [...headers, 'set-cookie', field])
    }
    const given =
      typeof headers === 'object' && headers !== null ? (headers as OutgoingHttpHeaders)['set-cookie'] : undefined
    const fields = [given ?? response.getHeader('set-cookie') ?? []].flat().map(String)
    if (fields.some(isSession)) return writeHead(status, ...rest)
    if (given === undefined) {
      response.setHeader('set-cookie', [...fields, field])
      return writeHead(status, ...rest)
    }
    return writeHead(status, ...rest.slice(0, -1), {
      ...(headers as OutgoingHttpHeaders),
      'set-cookie': [...fields, field],
    })
  }) as ServerResponse['writeHead']
}

const SET_COOKIE = /^set-cookie$/i

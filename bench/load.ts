import https from 'node:https'
import autocannon from 'autocannon'

export interface Load {
  readonly port: number
  readonly path: string
  readonly seconds: number
  readonly cookie?: string | undefined
  /** JSON; makes it a POST. */
  readonly body?: string | undefined
  /** Default 64. */
  readonly connections?: number
}

/** Asks as fast as answers come. @returns how many were answered with 2xx; anything else fails the bench. */
export async function load(options: Load): Promise<number> {
  const result = await autocannon({
    ...request(options),
    connections: options.connections ?? 64,
    duration: options.seconds,
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${options.path}: ${result.non2xx} answers were no success, ${result.errors} failed`)
  }
  return result['2xx']
}

/** @returns the 99th percentile of latency in milliseconds at 1,000 requests a second. */
export async function measureLatency(options: Load): Promise<number> {
  const result = await autocannon({
    ...request(options),
    connections: 32,
    overallRate: 1000,
    duration: options.seconds,
  })
  return result.latency.p99
}

/** Signs in and returns the `cookie` field of requests from then on. */
export function signIn(
  port: number,
  person: { readonly email: string; readonly password: string },
  path = '/auth/sign-in',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = https.request(
      `https://localhost:${port}${path}`,
      {
        method: 'POST',
        rejectUnauthorized: false,
        headers: { 'content-type': 'application/json', origin: `https://localhost:${port}` },
      },
      (reply) => {
        reply.resume()
        const [cookie] = reply.headers['set-cookie'] ?? []
        if (reply.statusCode === 200 && cookie !== undefined) resolve(cookie.split(';', 1)[0] ?? '')
        else reject(new Error(`sign-in answered ${reply.statusCode}`))
      },
    )
    asked.once('error', reject)
    asked.end(JSON.stringify({ email: person.email, password: person.password }))
  })
}

function request({ port, path, cookie, body }: Load) {
  const origin = `https://localhost:${port}`
  return {
    url: `${origin}${path}`,
    method: body === undefined ? ('GET' as const) : ('POST' as const),
    headers: {
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', origin }),
    },
    ...(body === undefined ? {} : { body }),
    tlsOptions: { rejectUnauthorized: false },
  }
}

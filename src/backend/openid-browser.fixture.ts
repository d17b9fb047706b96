import type { TestClient, TestReply } from './testing/test-client.ts'

/** What a browser keeps between leaving for a provider and coming back. */
export interface Away {
  readonly location: string
  /** The cookie it comes back with: `name=value`. */
  readonly cookie: string
}

/** @param path - the button's, or one that adds a provider. */
export async function leave(client: TestClient, path: string): Promise<Away> {
  const reply = await client.get(path)
  if (reply.status !== 303) throw new Error(`${path} answered ${reply.status}: ${reply.text}`)
  return { location: reply.headers.location ?? '', cookie: (reply.headers['set-cookie'] ?? '').split(';')[0] ?? '' }
}

/** At the double of a provider, which says these claims. @returns the address at which the browser comes back. */
export async function visitDouble({ location }: Away, claims: Readonly<Record<string, unknown>>): Promise<URL> {
  const wish = encodeURIComponent(JSON.stringify({ claims }))
  const reply = await fetch(`${location}&wish=${wish}`, { redirect: 'manual' })
  return new URL(reply.headers.get('location') ?? '')
}

export const comeBack = (client: TestClient, came: URL, cookies: readonly string[]): Promise<TestReply> =>
  client.request({
    path: `${came.pathname}${came.search}`,
    headers: { accept: 'text/html', ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }) },
  })

/** The session's cookie that a reply gave: `name=value`, `''` where it gave none. */
export const sessionOf = ({ headers }: TestReply): string =>
  /__Host-session=[\w-]{43}/.exec(headers['set-cookie'] ?? '')?.[0] ?? ''

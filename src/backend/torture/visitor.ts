import { until } from './command-process.ts'

/** Somebody signed up at a backend. */
export interface Visitor {
  post(path: string, body: unknown): Promise<Response>
  get(path: string): Promise<Response>
  /** The same session at another address of the same backend. */
  at(origin: string): Visitor
}

export async function signUp(origin: string, name = 'Ada Example'): Promise<Visitor> {
  const { email, password } = newAccount()
  await fetch(`${origin}/auth/sign-up`, post(origin, { email }))
  let token: string | undefined
  // The worker brings it to the outbox in its own time, newest first.
  await until('the mail is there', async () => {
    const shown = await (await fetch(`${origin}/dev/outbox`)).text()
    token = shown.includes(email) ? /\/sign-up\/([\w-]{43})/.exec(shown)?.[1] : undefined
    return token !== undefined
  })
  const reply = await fetch(`${origin}/auth/sign-up/complete`, post(origin, { token, name, password }))
  if (reply.status !== 201) throw new Error(`sign-up: ${reply.status} ${await reply.text()}`)
  const cookie = (reply.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  return visitor(origin, cookie)
}

const visitor = (origin: string, cookie: string): Visitor => ({
  post: (path, body) => fetch(origin + path, post(origin, body, { cookie })),
  get: (path) => fetch(origin + path, { headers: { cookie } }),
  at: (other) => visitor(other, cookie),
})

let accounts = 0
export const newAccount = () => ({
  email: `person-${process.pid}-${++accounts}@example.test`,
  name: 'New Person',
  password: `lantern gravel ${process.pid} ${accounts}`,
})

export const post = (origin: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', origin, ...headers },
  body: JSON.stringify(body),
})

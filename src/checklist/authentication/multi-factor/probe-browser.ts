import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { codeOf, unbase32, wellWithinStep } from './probe-totp.ts'

/** A browser: what it is given as cookies it sends again. */
export interface Browser {
  readonly cookies: Map<string, string>
  call(method: string, path: string, body?: unknown, node?: 0 | 1): Promise<NetworkReply>
  /** What came of it, short: `204`, `403 step-up-required`, `200 second-factor`. */
  tell(method: string, path: string, body?: unknown, node?: 0 | 1): Promise<string>
}

export function browserOf(context: ProbeContext, cookies = new Map<string, string>()): Browser {
  const call: Browser['call'] = async (method, path, body, node = 0) => {
    const reply = await context.network.request({
      method,
      path,
      node,
      ...(body === undefined ? {} : { body: body instanceof URLSearchParams ? body.toString() : body }),
      headers: {
        origin: context.network.origin,
        ...(cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
    })
    for (const field of (reply.headers['set-cookie'] ?? '').split('\n')) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(field) ?? []
      if (name === undefined) continue
      if (value === undefined || value === '' || /max-age=0\b/i.test(field)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return reply
  }
  return { cookies, call, tell: async (...request) => shown(await call(...request)) }
}

/** `403 step-up-required`, `200 second-factor`, `303 to /sign-in`. */
export function shown(reply: NetworkReply): string {
  const place = reply.headers.location?.split('?')[0]
  const body = bodyOf(reply)
  const word = typeof body.code === 'string' ? body.code : typeof body.next === 'string' ? body.next : undefined
  return [reply.status, word, place === undefined ? undefined : `to ${place}`]
    .filter((part) => part !== undefined)
    .join(' ')
}

/** The body as an object; an empty one for anything else. */
export function bodyOf(reply: NetworkReply): Readonly<Record<string, unknown>> {
  try {
    const value = reply.json()
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The first step, by password. */
export const firstStep = (browser: Browser, who: TwinIdentity, node: 0 | 1 = 0): Promise<NetworkReply> =>
  browser.call('POST', '/auth/sign-in', { email: who.email, password: who.password }, node)

/** Whose session the browser has, and of which assurance: `member-a1 at 2`, `nobody`. */
export async function standing(browser: Browser, who: TwinIdentity): Promise<string> {
  const reply = await browser.call('GET', '/auth/session')
  if (reply.status !== 200) return 'nobody'
  const { account, assurance } = bodyOf(reply)
  const { id } = (account ?? {}) as { readonly id?: unknown }
  return `${id === who.accountId ? who.name : 'somebody else'} at ${assurance}`
}

/** Somebody with an app, and the browser that set it up. */
export interface Enrolled {
  readonly who: TwinIdentity
  readonly browser: Browser
  readonly secret: Buffer
  readonly recoveryCodes: readonly string[]
  /** The step whose code was used to set it up; those after it are unused. */
  readonly usedStep: number
}

/**
 * Sets an app up for somebody, with the code of the step before the current one, so that the current one and the next are left.
 *
 * @throws Unproved where that does not work: then nothing can be said about codes.
 */
export async function enrol(context: ProbeContext, who: TwinIdentity): Promise<Enrolled> {
  const browser = browserOf(context)
  const signedIn = await firstStep(browser, who)
  if (!browser.cookies.has('__Host-session')) throw new Unproved(`${who.name} could not sign in: ${shown(signedIn)}`)
  const { secret: text } = bodyOf(await browser.call('POST', '/auth/factors/totp'))
  const secret = unbase32(String(text ?? ''))
  const usedStep = (await wellWithinStep(() => context.clock.now())) - 1
  const reply = await browser.call('POST', '/auth/factors/totp/confirm', { code: codeOf(secret, usedStep) })
  const { recoveryCodes } = bodyOf(reply)
  if (reply.status !== 200) throw new Unproved(`an app could not be set up: ${shown(reply)}`)
  return {
    who,
    browser,
    secret,
    usedStep,
    recoveryCodes: Array.isArray(recoveryCodes) ? recoveryCodes.map(String) : [],
  }
}

/** The second step with a code of the app. */
export const secondStep = (browser: Browser, code: string, node: 0 | 1 = 0): Promise<NetworkReply> =>
  browser.call('POST', '/auth/second-factor', { method: 'totp', code }, node)

/** A new browser in which the first step was right. */
export async function halfway(context: ProbeContext, who: TwinIdentity, node: 0 | 1 = 0): Promise<Browser> {
  const browser = browserOf(context)
  const reply = await firstStep(browser, who, node)
  if (reply.status !== 200) throw new Unproved(`${who.name} could not sign in: ${shown(reply)}`)
  return browser
}

import { createHash, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningTwin } from '../src/backend/twin/twin.ts'
import { signWithPasskey } from '../src/check/software-passkey.ts'
import { unbase32 } from '../src/checklist/authentication/multi-factor/probe-totp.ts'
import type { SurfaceRoute } from '../src/kernel/surface.ts'
import type { TwinIdentity, TwinPasskey } from '../src/kernel/vantage.ts'
import type { RealProvider } from '../src/platform/openid/provider.fixture.ts'
import { codeAt, stepOf } from '../src/platform/otp/totp.ts'
import { answerOf, type Browser } from './in-memory-browser.fixture.ts'

/** Where people sign in: a twin, and the outside provider that they have added. */
export interface Place {
  readonly twin: RunningTwin
  readonly provider: RealProvider
}

/** A way to sign in, taken to where a session would begin, with one factor. What came of it, short. */
export type Way = (place: Place, browser: Browser, who: TwinIdentity) => Promise<string>

export const WAYS: Readonly<Record<'password' | 'mailed link' | 'OpenID' | 'passkey', Way>> = {
  password: async (_place, browser, { email, password }) =>
    answerOf(await browser.post('/auth/sign-in', { email, password })),

  async 'mailed link'({ twin }, browser, { email }) {
    const seen = twin.mails.length
    await browser.post('/auth/sign-in-link', { email })
    for (let tries = 0; tries < 250; tries++) {
      const sent = twin.mails.slice(seen).find(({ to, text }) => to === email && LINK.test(text))
      const token = LINK.exec(sent?.text ?? '')?.[1]
      if (token !== undefined) return answerOf(await browser.post('/auth/sign-in-link/complete', { token }))
      await sleep(20)
    }
    throw new Error(`no link came to ${email}`)
  },

  /** By the person's id there, which is that of the account here. */
  async OpenID({ provider }, browser, { accountId }) {
    const { headers } = await browser.get('/auth/openid/real/start')
    const { pathname, search } = await provider.visit(headers.location ?? '', { sub: accountId })
    return answerOf(await browser.get(`${pathname}${search}`))
  },

  /** Held, but not checked to be in its owner's hands: that is one factor. */
  passkey: (place, browser, who) => byPasskey(place, browser, who, '/auth/passkey', withoutOwner),
}

/** @param at - `/auth/passkey`, or `/auth/second-factor/passkey` for the second step. */
export async function byPasskey(
  { twin }: Place,
  browser: Browser,
  { accountId, passkey }: TwinIdentity,
  at: string,
  answer: typeof signWithPasskey = signWithPasskey,
): Promise<string> {
  if (passkey === undefined) throw new Error('there is no passkey')
  const { body } = await browser.post(`${at}/options`)
  const question = { challenge: String(body.challenge), rpId: String(body.rpId), origin: twin.origins[0] }
  const path = at === '/auth/passkey' ? `${at}/sign-in` : at
  return answerOf(await browser.post(path, answer(passkey, accountId, question)))
}

/** As an authenticator answers that has not asked for a finger or a PIN. */
const withoutOwner: typeof signWithPasskey = (passkey: TwinPasskey, accountId, question) => {
  const { id, response } = signWithPasskey(passkey, accountId, question)
  const data = Buffer.from(response.authenticatorData, 'base64url')
  data[FLAGS] = PRESENT
  const hash = createHash('sha256').update(Buffer.from(response.clientDataJSON, 'base64url')).digest()
  const signature = sign('sha256', Buffer.concat([data, hash]), passkey.privateKey)
  return {
    id,
    response: {
      ...response,
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
    },
  }
}

/** Sets an app up, in a session that was just begun. */
export async function addApp({ twin }: Place, browser: Browser): Promise<string> {
  const { body } = await browser.post('/auth/factors/totp')
  const code = codeAt(unbase32(String(body.secret)), stepOf(twin.clock.now()))
  return answerOf(await browser.post('/auth/factors/totp/confirm', { code }))
}

/**
 * Asks for a route about nothing that exists, with nothing in the body: whoever may not reach it is told so before that is looked at.
 */
export async function ask(browser: Browser, { method, path, accepts }: SurfaceRoute): Promise<string> {
  const body = accepts === 'json' ? {} : accepts === 'form' ? new URLSearchParams({ a: 'b' }) : undefined
  return answerOf(await browser.request({ method, path: path.replace(/:\w+/g, NO_ID), body }))
}

const LINK = /\/sign-in\/link\/([\w-]{43})/
/** Of authenticator data: behind the hash of the relying party's id. */
const FLAGS = 32
const PRESENT = 0x01
const NO_ID = '00000000-0000-4000-8000-000000000000'

import type { OWN_COOKIES } from '../src/backend/routes/route.ts'
import type { RunningTwin } from '../src/backend/twin/twin.ts'
import { codeOf, stepAt } from '../src/checklist/authentication/multi-factor/probe-totp.ts'
import { answerOf, type Browser, browserOn } from './in-memory-browser.fixture.ts'
import type { Door } from './stolen-dump-doors.fixture.ts'
import type { Victims } from './stolen-dump-victims.fixture.ts'

/** Where each of the cookies is taken, in the hands of somebody who has everything else that is asked for. */
export function cookieDoors(
  twin: RunningTwin,
  { ada, bob }: Victims,
): Readonly<Record<'__Host-session' | (typeof OWN_COOKIES)[number], Door>> {
  const withCookie = (name: string, value: string): Browser => browserOn(twin, [[name, value]])
  const signInWith = (name: string, value: string): Promise<string> =>
    withCookie(name, value).post('/auth/sign-in', { email: bob.who.email, password: bob.who.password }).then(answerOf)
  return {
    '__Host-session': {
      name: 'a page of one’s own by __Host-session',
      send: (text) => withCookie('__Host-session', text).get('/auth/session').then(answerOf),
    },
    '__Host-pending': {
      name: 'the second step, with the right code, by __Host-pending',
      send: (text) =>
        withCookie('__Host-pending', text)
          .post('/auth/second-factor', { method: 'totp', code: codeOf(ada.totp, stepAt(twin.clock.now())) })
          .then(answerOf),
    },
    '__Host-openid': {
      name: 'coming back from a provider by __Host-openid',
      send: (text) =>
        withCookie('__Host-openid', text)
          .get(`/auth/openid/double/callback?code=A&state=${encodeURIComponent(text.slice(0, 200))}`)
          .then(answerOf),
    },
    '__Host-device': {
      name: 'signing in past the limit by __Host-device',
      send: (text) => signInWith('__Host-device', text),
      strangers: '429 too-many-attempts',
    },
    '__Host-challenge': {
      name: 'signing in, where work is asked for, by __Host-challenge',
      send: (text) => signInWith('__Host-challenge', text),
      strangers: '403 challenge-required',
    },
  }
}

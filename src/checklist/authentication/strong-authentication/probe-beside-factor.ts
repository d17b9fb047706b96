import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { type Holder, holderOf, signInWith } from './probe-passkey-flows.ts'
import { answerOf, changePassword, goodPassword, mailedToken, newPerson, signIn } from './probe-people.ts'

/** Shorter passwords, beside a second factor and when it goes. */
export const besideFactorClaims: readonly Claim[] = [
  {
    id: 'beside-factor',
    says: 'Beside a second factor 8 characters are enough; the last factor is not removed before there is a longer one, and one that is left alone opens nothing.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'add a passkey, change the password to one of 8 characters, then remove the passkey',
    async prove(context) {
      await proveRemoval(context)
      await proveLeftAlone(context)
    },
  },
]

async function proveRemoval(context: ProbeContext): Promise<void> {
  const alone = await newPerson(context)
  const without = await changePassword(context, alone.token, { current: alone.password, password: shortPassword() })
  context.expect('negative', 'changing to 8 characters without a second factor', answerOf(without), REFUSED)

  const { holder, token: first, short } = await withShortPassword(context)
  const { email } = holder.identity
  const remove = (token: string) =>
    context.network.request({ method: 'DELETE', path: `/auth/passkeys/${holder.passkeyId}`, token })
  context.expect('negative', 'removing the last factor then', answerOf(await remove(first)), '409 conflict')
  const still = await signInWith(context, holder)
  context.expect('positive', 'signing in with it afterwards', answerOf(still), '200')

  const long = goodPassword(15)
  const changed = await changePassword(context, still.setToken ?? '', { current: short, password: long })
  context.expect('positive', 'changing to 15 characters', answerOf(changed), '204')
  context.expect('positive', 'removing it then', answerOf(await remove(changed.setToken ?? '')), '204')
  const signedIn = await signIn(context, { email, password: long })
  context.expect('positive', 'signing in with the password alone', answerOf(signedIn), '200')
}

/** The factors of somebody who lost them are taken away by an administrator: nobody could ask them before. */
async function proveLeftAlone(context: ProbeContext): Promise<void> {
  const { holder, token, short } = await withShortPassword(context)
  const { accountId, email } = holder.identity
  await context.database.admin.query('delete from holdfast.passkey where account_id = $1', [accountId])
  const again = await context.network.request({
    method: 'POST',
    path: '/auth/step-up',
    token,
    body: { password: short },
  })
  context.expect('negative', 'confirming with 8 characters alone', answerOf(again), REQUIRED)
  const refused = await signIn(context, { email, password: short })
  context.expect('negative', 'signing in with 8 characters alone', answerOf(refused), REQUIRED)
  context.expect('negative', 'the session it gives', refused.setToken ? 'a session' : 'none', 'none')
  const wrong = await signIn(context, { email, password: shortPassword() })
  context.expect('negative', 'signing in with a wrong password', answerOf(wrong), '401 credentials-wrong')

  const link = await mailedToken(context, email, '/reset/')
  const complete = (password: string) =>
    context.network.request({ method: 'POST', path: '/auth/reset/complete', body: { token: link, password } })
  context.expect(
    'negative',
    'choosing 8 characters by the mailed link',
    answerOf(await complete(shortPassword())),
    REFUSED,
  )
  const long = goodPassword(15)
  context.expect('positive', 'choosing 15 by it', answerOf(await complete(long)), '200')
  context.expect('positive', 'signing in with those', answerOf(await signIn(context, { email, password: long })), '200')
}

/** Somebody with a passkey and a password of eight characters; a newcomer, since the twin's own people are there for other claims too. */
async function withShortPassword(
  context: ProbeContext,
): Promise<{ readonly holder: Holder; readonly token: string; readonly short: string }> {
  const { email, password, accountId } = await newPerson(context)
  const identity = { ...context.identity('member'), name: 'newcomer', email, password, accountId }
  const holder = await holderOf(context, identity)
  const short = shortPassword()
  const tooShort = await changePassword(context, holder.token, { current: identity.password, password: short.slice(1) })
  context.expect('negative', 'changing to 7 characters beside a passkey', answerOf(tooShort), REFUSED)
  const changed = await changePassword(context, holder.token, { current: identity.password, password: short })
  context.expect('positive', 'changing to 8 characters beside a passkey', answerOf(changed), '204')
  return { holder, token: changed.setToken ?? '', short }
}

/** Eight characters, enough of them different. */
const shortPassword = (): string => `k7w${goodPassword(5)}`

const REFUSED = '422 password-refused'
const REQUIRED = '403 password-change-required'

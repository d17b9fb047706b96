import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { proveMailExpiry } from './probe-mail-expiry.ts'
import {
  answerOf,
  askForMail,
  changePassword,
  goodPassword,
  jsonOf,
  mailedToken,
  newEmail,
  newPerson,
  signIn,
  textAt,
} from './probe-people.ts'

const base = { level: 'required', effect: 'writes', keeps: days(30) } as const
const RESET_BY_HAND = `curl -k -H 'content-type: application/json' -d '{"token":"TOKEN OF THE MAILED LINK","password":"lantern gravel seven"}' ORIGIN/auth/reset/complete, twice`

/** What a link in a mail is good for, and what its use does. */
export const mailClaims: readonly Claim[] = [
  {
    ...base,
    id: 'mail-links',
    says: 'A link that was mailed works once and for what it was sent for; an altered one does not, and its token is not in the database.',
    needs: ['network', 'database'],
    byHand: RESET_BY_HAND,
    async prove(context) {
      const { email } = await newPerson(context)
      const token = await resetLink(context, email)
      const altered = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`
      context.expect('negative', 'resetting with an altered token', answerOf(await reset(context, altered)), INVALID)
      const elsewhere = await post(context, '/auth/sign-in-link/complete', { token })
      context.expect('negative', 'signing in with a token to reset', answerOf(elsewhere), INVALID)
      const { rows } = await context.database.admin.query(
        'select count(*)::int4 as n from holdfast.mail_link where token_hash = $1',
        [Buffer.from(token, 'base64url')],
      )
      context.expect('negative', 'rows that hold the token itself', Number(rows[0]?.n), 0)
      const password = goodPassword()
      context.expect('positive', 'resetting with the link', answerOf(await reset(context, token, password)), '200')
      const signedIn = await signIn(context, { email, password })
      context.expect('positive', 'signing in with the new password', answerOf(signedIn), '200')
      context.expect('negative', 'resetting with it again', answerOf(await reset(context, token)), INVALID)
    },
  },
  {
    ...base,
    id: 'mail-expiry',
    says: 'A link that was mailed is over after an hour, whatever it is for, and one to sign in with after ten minutes.',
    needs: ['network'],
    exclusive: true,
    byHand: RESET_BY_HAND,
    prove: proveMailExpiry,
  },
  {
    ...base,
    id: 'mail-reset',
    says: 'A reset ends all sessions, and does not lead past a second factor.',
    needs: ['network'],
    byHand: RESET_BY_HAND,
    async prove(context) {
      const person = await newPerson(context)
      const before = await context.network.request({ path: '/auth/session', token: person.token })
      context.expect('positive', 'using a session before the reset', before.status, 200)
      const done = await reset(context, await resetLink(context, person.email))
      context.expect('positive', 'resetting', answerOf(done), '200')
      const after = await context.network.request({ path: '/auth/session', token: person.token })
      context.expect('negative', 'using the old session afterwards', answerOf(after), '401 authentication-required')

      const admin = context.identity('admin')
      const gated = await reset(context, await resetLink(context, admin.email))
      context.expect('negative', 'what follows for an administrator', textAt(jsonOf(gated), 'next'), 'second-factor')
      context.expect('negative', 'the session it gives', gated.setToken ? 'a session' : 'none', 'none')
    },
  },
  {
    ...base,
    id: 'mail-change',
    says: 'An address changes only for its own account and when mail to the new one is received; the old one is told.',
    needs: ['network'],
    byHand: `curl -k -b "$COOKIE" -H 'origin: ORIGIN' -H 'content-type: application/json' -d '{"email":"new@example.org"}' ORIGIN/auth/email`,
    async prove(context) {
      const [person, stranger] = [await newPerson(context), await newPerson(context)]
      const email = newEmail()
      const asked = await post(context, '/auth/email', { email }, person.token)
      context.expect('positive', 'asking for another address', answerOf(asked), '202')
      context.expect('negative', 'the address before the link is used', await addressOf(context, person), person.email)
      const token = await mailedToken(context, email, '/account/email/')
      const other = await post(context, '/auth/email/complete', { token }, stranger.token)
      context.expect('negative', 'using the link in another account', answerOf(other), INVALID)
      const done = await post(context, '/auth/email/complete', { token }, person.token)
      context.expect('positive', 'using it', answerOf(done), '204')
      const now = await addressOf(context, { token: done.setToken || person.token })
      context.expect('positive', 'the address afterwards', now, email)
      const told = await context.mail.received(person.email, (mails) => mails.filter(saysChange).length >= 2)
      context.expect('positive', 'mails that tell the old address', told.filter(saysChange).length, 2)
    },
  },
  {
    ...base,
    id: 'mail-told',
    says: 'A password that was changed or reset is told to its owner by mail.',
    needs: ['network'],
    byHand: 'change your password and look into your mail',
    async prove(context) {
      const person = await newPerson(context)
      const body = { current: person.password, password: goodPassword() }
      const changed = await changePassword(context, person.token, body)
      context.expect('positive', 'changing the password', answerOf(changed), '204')
      const done = await reset(context, await resetLink(context, person.email))
      context.expect('positive', 'resetting it', answerOf(done), '200')
      for (const what of ['changed', 'reset'] as const) {
        const says = (mail: { readonly text: string }): boolean =>
          mail.text.replaceAll('\n', ' ').includes(`password was ${what}`)
        const mails = await context.mail.received(person.email, (all) => all.some(says))
        context.expect('negative', `mails that say it was ${what}`, mails.filter(says).length, 1)
      }
    },
  },
  {
    ...base,
    id: 'mail-administrator',
    says: 'An administrator has a reset sent to its owner, and neither sets nor sees a password or a link.',
    needs: ['network'],
    byHand: `curl -k -b "$COOKIE" -H 'origin: ORIGIN' -X POST ORIGIN/admin/users/ID/password-reset`,
    async prove(context) {
      const person = await newPerson(context)
      const path = `/admin/users/${person.accountId}/password-reset`
      const asked = await context.network.request({ method: 'POST', path, as: context.identity('admin') })
      context.expect('positive', 'asking for a reset', answerOf(asked), '204')
      context.expect('negative', 'what the administrator is told', asked.text(), '')
      context.expect('negative', 'the password until then', answerOf(await signIn(context, person)), '200')
      const token = await mailedToken(context, person.email, '/reset/')
      context.expect('positive', 'the owner resetting', answerOf(await reset(context, token)), '200')
    },
  },
]

const INVALID = '410 link-invalid'

const post = (context: ProbeContext, path: string, body: unknown, token?: string): Promise<NetworkReply> =>
  context.network.request({ method: 'POST', path, body, ...(token === undefined ? {} : { token }) })

const reset = (context: ProbeContext, token: string, password = goodPassword()): Promise<NetworkReply> =>
  post(context, '/auth/reset/complete', { token, password })

async function resetLink(context: ProbeContext, email: string): Promise<string> {
  await askForMail(context, '/auth/reset', email)
  return mailedToken(context, email, '/reset/')
}

async function addressOf(context: ProbeContext, { token }: { readonly token: string }): Promise<string> {
  return textAt(jsonOf(await context.network.request({ path: '/auth/session', token })), 'account', 'email')
}

const saysChange = ({ text }: { readonly text: string }): boolean =>
  /change of the e-mail|e-mail address was changed/.test(text.replaceAll('\n', ' '))

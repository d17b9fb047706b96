import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { listSessions, newPerson, refusal, send, signIn, tryToken, UNAUTHENTICATED } from './probe-people.ts'

/** How a session ends by somebody's will, and how soon every node knows. */
export const endClaims: readonly Claim[] = [
  {
    id: 'sign-out',
    says: 'Signing out ends the session on the server, not only in the browser, and leaves nothing behind there.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'POST /auth/sign-out; then the same token at /auth/session',
    async prove(context) {
      const person = await newPerson(context)
      const { token } = person
      const before = await tryToken(context, token)
      context.expect('positive', 'the token before', before.status, 200)
      context.expect(
        'negative',
        'what a browser may keep of a page of somebody signed in',
        mentions(before.reply.headers['cache-control'], 'no-store'),
        'no-store',
      )
      const kept = await signIn(context, person)
      const reply = await send(context, token, 'POST', '/auth/sign-out')
      context.expect('positive', 'signing out', reply.status < 400 ? 'done' : `${reply.status}`, 'done')
      context.expect('negative', 'the token after', (await tryToken(context, token)).status, UNAUTHENTICATED)
      context.expect('negative', 'the cookie in the browser', reply.setToken === '' ? 'removed' : 'left', 'removed')
      context.expect(
        'negative',
        'what the browser may keep of the reply',
        mentions(reply.headers['cache-control'], 'no-store'),
        'no-store',
      )
      for (const kind of ['"cache"', '"cookies"', '"storage"']) {
        context.expect(
          'negative',
          'what the browser is told to clear',
          mentions(reply.headers['clear-site-data'], kind),
          kind,
        )
      }
      context.expect(
        'positive',
        "another session of the same person, that wasn't signed out",
        (await tryToken(context, kept)).status,
        200,
      )
    },
  },
  {
    id: 'own-sessions',
    says: "A person sees their sessions with device and place, ends one or all others, and nobody else's.",
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'GET /auth/sessions; DELETE /auth/sessions/$ID; DELETE /auth/sessions',
    async prove(context) {
      const person = await newPerson(context)
      const other = await newPerson(context)
      const [second, third] = [await signIn(context, person), await signIn(context, person)]
      const device = 'Session-Probe/1.0 (list)'
      await context.network.request({ path: '/auth/session', token: second, headers: { 'user-agent': device } })

      const mine = await listSessions(context, second, { 'user-agent': device })
      context.expect('positive', 'sessions listed after three sign-ins', mine.length, 3)
      const current = mine.filter((session) => session.current)
      context.expect('positive', 'sessions marked as the current one', current.length, 1)
      context.record({
        side: 'positive',
        tried: 'what the list says of each',
        saw: mine
          .map((session) => `${session.device || 'no device'} at ${session.address || 'no place'}, ${session.usedAt}`)
          .join(' · '),
        expected: 'a place and a time of last use each',
        ok: mine.every((session) => session.address !== '' && !Number.isNaN(Date.parse(session.usedAt))),
      })
      const theirs = await listSessions(context, other.token)
      context.expect(
        'negative',
        "sessions of mine in somebody else's list",
        theirs.filter((one) => mine.some(({ id }) => id === one.id)).length,
        0,
      )

      // The third is the one that is neither current nor the first.
      const thirdId = (await listSessions(context, third)).find((session) => session.current)?.id
      if (thirdId === undefined) throw new Unproved('the list marks no current session')
      const stolen = await send(context, other.token, 'DELETE', `/auth/sessions/${thirdId}`)
      context.expect('negative', "ending somebody else's session", stolen.status, 404)
      context.expect('positive', 'that session, after the attempt', (await tryToken(context, third)).status, 200)
      const ended = await send(context, second, 'DELETE', `/auth/sessions/${thirdId}`)
      context.expect('positive', 'ending one of my own', ended.status, 204)
      context.expect('negative', 'that session, ended', (await tryToken(context, third)).status, UNAUTHENTICATED)

      context.expect('positive', 'the first session, still', (await tryToken(context, person.token)).status, 200)
      context.expect(
        'positive',
        'ending all others',
        (await send(context, second, 'DELETE', '/auth/sessions')).status,
        204,
      )
      context.expect(
        'negative',
        'the first session, ended with the others',
        (await tryToken(context, person.token)).status,
        UNAUTHENTICATED,
      )
      context.expect('positive', 'the session that ended them', (await tryToken(context, second)).status, 200)
      context.expect('positive', "somebody else's session", (await tryToken(context, other.token)).status, 200)
    },
  },
  {
    id: 'administrator',
    says: "Administrators end a user's sessions, and so does taking the account out of use; others can not.",
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'DELETE /admin/users/$ID/sessions as an administrator',
    async prove(context) {
      const person = await newPerson(context)
      const bystander = await newPerson(context)
      const path = `/admin/users/${person.accountId}/sessions`
      const second = await signIn(context, person)
      for (const token of [person.token, second]) {
        context.expect('positive', 'a session before', (await tryToken(context, token, 1)).status, 200)
      }
      const attempt = await send(context, bystander.token, 'DELETE', path)
      context.expect(
        'negative',
        'ending them as somebody without the permission',
        attempt.status === 403 || attempt.status === 404 ? 'refused' : `${attempt.status}`,
        'refused',
      )
      context.expect('positive', 'a session after that attempt', (await tryToken(context, second)).status, 200)

      const administrator = await context.network.signIn(context.identity('admin'))
      context.expect(
        'positive',
        'ending them as an administrator',
        (await send(context, administrator, 'DELETE', path)).status,
        204,
      )
      for (const token of [person.token, second]) {
        const after = await tryToken(context, token)
        if (!context.expect('negative', 'a session after', after.status, UNAUTHENTICATED)) return
        context.expect('negative', 'the same on the other node', await refusal(context, token, 1), 'within a second')
      }
      context.expect('positive', "somebody else's session", (await tryToken(context, bystander.token)).status, 200)

      await context.database.admin.query('update holdfast.account set disabled_at = now() where id = $1', [
        bystander.accountId,
      ])
      const disabled = 'a session whose account was taken out of use'
      context.expect('negative', disabled, await refusal(context, bystander.token, 0), 'within a second')
      await context.database.admin.query('update holdfast.account set disabled_at = null where id = $1', [
        bystander.accountId,
      ])
      // The other node, which has not been asked for it: what it says comes from the database.
      const back = await tryToken(context, bystander.token, 1)
      context.expect('negative', 'the same session when the account is back in use', back.status, UNAUTHENTICATED)
    },
  },
  {
    id: 'events',
    says: 'Beginning and end of a session, use after its end and cross-site attempts are written down.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'psql -c "select name, fields from holdfast.event_staging where name like \'session_%\'"',
    async prove(context) {
      const person = await newPerson(context)
      context.expect('positive', 'the session', (await tryToken(context, person.token)).status, 200)
      await context.network.request({
        method: 'POST',
        path: '/auth/sign-out',
        token: person.token,
        headers: { origin: 'https://events.evil.test' },
      })
      await send(context, person.token, 'POST', '/auth/sign-out')
      await tryToken(context, person.token)
      const wanted = ['session_created', 'session_ended', 'session_use_after_end', 'session_cross_site']
      const mine = await context.telemetry.events((events) => {
        const names = new Set(events.map((event) => event.name))
        return (
          wanted.every((name) => names.has(name)) &&
          events.some((event) => event.accountId === person.accountId && event.name === 'session_use_after_end')
        )
      }, 3_000)
      for (const name of wanted) {
        const found = mine.filter(
          (event) =>
            event.name === name &&
            (name === 'session_cross_site'
              ? event.fields.origin === 'https://events.evil.test'
              : event.accountId === person.accountId),
        )
        context.expect('negative', `${name} of this account`, found.length > 0 ? 'written' : 'missing', 'written')
        const leaks = mine.filter((event) => JSON.stringify(event).includes(person.token)).length
        context.expect('negative', 'events that hold the token', leaks, 0)
      }
    },
  },
]

/** The part itself where the field has it, else the field as it is. */
const mentions = (field: string | undefined, part: string): string =>
  field?.includes(part) ? part : (field ?? 'absent')

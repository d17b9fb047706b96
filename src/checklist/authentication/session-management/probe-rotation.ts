import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { newPerson, send, signIn, signInReply, tokenOf, tryToken, UNAUTHENTICATED } from './probe-people.ts'

/** When the token changes, and that the one before is dead. */
export const rotationClaims: readonly Claim[] = [
  {
    id: 'fixation',
    says: "A token planted before sign-in isn't adopted: signing in always makes a new one, and the presented session ends.",
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand:
      'curl -si -b "__Host-session=$PLANTED" -H "origin: $ORIGIN" $ORIGIN/auth/sign-in -d …; then $PLANTED at /auth/session',
    async prove(context) {
      const victim = await newPerson(context)
      const attacker = await newPerson(context)
      for (const [whose, planted] of [
        ['a made-up token', randomBytes(32).toString('base64url')],
        ["the attacker's own live token", attacker.token],
        ["the victim's own older token", victim.token],
      ] as const) {
        const reply = await signInReply(context, victim, {
          cookie: `__Host-session=${planted}`,
          origin: context.network.origin,
        })
        const token = tokenOf(reply, `signing in with ${whose}`)
        context.expect(
          'positive',
          `the token of the sign-in that presented ${whose}`,
          (await tryToken(context, token)).accountId ?? 'nobody',
          victim.accountId,
        )
        context.expect(
          'negative',
          `${whose}, as the token after the sign-in`,
          token === planted ? 'the same' : 'another',
          'another',
        )
        for (const node of [0, 1] as const) {
          context.expect(
            'negative',
            `${whose}, used after the sign-in, node ${node}`,
            (await tryToken(context, planted, node)).status,
            UNAUTHENTICATED,
          )
        }
      }
    },
  },
  {
    id: 'step-up',
    says: 'Stepping up replaces the token, and the one before is dead at once.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand:
      'curl -si -b "__Host-session=$TOKEN" -H "origin: $ORIGIN" $ORIGIN/auth/step-up -d …; then $TOKEN at /auth/session',
    async prove(context) {
      const person = await newPerson(context)
      context.expect('positive', 'the token before', (await tryToken(context, person.token)).status, 200)
      const wrong = await send(context, person.token, 'POST', '/auth/step-up', { password: `${person.password}!` })
      context.expect(
        'negative',
        'a new token for a wrong password',
        wrong.setToken === undefined ? 'none' : 'set or removed',
        'none',
      )
      const token = tokenOf(
        await send(context, person.token, 'POST', '/auth/step-up', { password: person.password }),
        'stepping up',
      )
      context.expect(
        'negative',
        'the token before, after stepping up',
        (await tryToken(context, person.token)).status,
        UNAUTHENTICATED,
      )
      context.expect(
        'positive',
        'the token after',
        (await tryToken(context, token)).accountId ?? 'nobody',
        person.accountId,
      )
    },
  },
  {
    id: 'password-change',
    says: 'Changing the password ends every other session and replaces the token of this one.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'two sign-ins; POST /auth/password on one; the other at /auth/session',
    async prove(context) {
      const person = await newPerson(context)
      const other = await signIn(context, person)
      for (const node of [0, 1] as const) {
        context.expect(
          'positive',
          `the other session before, node ${node}`,
          (await tryToken(context, other, node)).status,
          200,
        )
      }
      const password = `harbour ${randomBytes(10).toString('hex')}`
      const changed = await send(context, person.token, 'POST', '/auth/password', {
        current: person.password,
        password,
      })
      const token = tokenOf(changed, 'changing the password')
      context.expect(
        'negative',
        'the other session after, same node',
        (await tryToken(context, other)).status,
        UNAUTHENTICATED,
      )
      context.expect(
        'negative',
        'the token that changed it, after',
        (await tryToken(context, person.token)).status,
        UNAUTHENTICATED,
      )
      context.expect('positive', 'the token it was given', (await tryToken(context, token)).status, 200)
      context.expect(
        'positive',
        'a sign-in with the new password',
        (await signInReply(context, { ...person, password })).status,
        200,
      )
      context.expect(
        'negative',
        'a sign-in with the old password',
        (await signInReply(context, person)).status,
        UNAUTHENTICATED,
      )
    },
  },
  {
    id: 'privilege-change',
    says: 'When privileges change, the token is replaced at its next use, and the new privileges hold from then on.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'insert into holdfast.account_role …; then GET /auth/session sets a new cookie, and shows the role',
    async prove(context) {
      const person = await newPerson(context)
      const admin = context.database.admin
      const first = await tryToken(context, person.token)
      context.expect('positive', 'the token before', first.status, 200)
      // A role this probe makes and removes: what others hold stays as it is.
      const role = `probe-${randomBytes(4).toString('hex')}`
      await admin.query(
        "insert into holdfast.role (name, origin, grants, inherits) values ($1, 'custom', '{}', '{}')",
        [role],
      )
      try {
        let token = person.token
        for (const [change, sql, held] of [
          ['granted', 'insert into holdfast.account_role (account_id, role, granted_at) values ($1, $2, now())', true],
          ['revoked', 'delete from holdfast.account_role where account_id = $1 and role = $2', false],
        ] as const) {
          await admin.query(sql, [person.accountId, role])
          const used = await useUntilReplaced(context, token)
          context.expect(
            'negative',
            `a token used after a role was ${change}`,
            used === undefined ? 'kept' : 'replaced',
            'replaced',
          )
          if (used === undefined) return
          context.expect(
            'positive',
            `whether the reply shows the role that was ${change}`,
            String(used.roles.includes(role)),
            String(held),
          )
          for (const node of [0, 1] as const) {
            context.expect(
              'negative',
              `the token before, node ${node}`,
              (await tryToken(context, token, node)).status,
              UNAUTHENTICATED,
            )
          }
          context.expect(
            'positive',
            'the token after',
            (await tryToken(context, used.token)).accountId ?? 'nobody',
            person.accountId,
          )
          token = used.token
        }
      } finally {
        await admin.query('delete from holdfast.account_role where role = $1', [role])
        await admin.query('delete from holdfast.role where name = $1', [role])
      }
    },
  },
]

/** Uses a token until a reply replaces it, for at most the second that a change may take to be known. */
async function useUntilReplaced(
  context: ProbeContext,
  token: string,
): Promise<{ readonly token: string; readonly roles: readonly unknown[] } | undefined> {
  const until = performance.now() + 1_000
  while (performance.now() < until) {
    const { reply, session } = await tryToken(context, token)
    if (reply.setToken) return { token: reply.setToken, roles: Array.isArray(session.roles) ? session.roles : [] }
    await sleep(20)
  }
  return undefined
}

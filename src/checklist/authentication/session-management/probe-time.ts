import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days, hours, minutes, type Seconds } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { newPerson, signIn, tryToken, UNAUTHENTICATED } from './probe-people.ts'

/** What NIST SP 800-63B-4 sets: AAL1 30 d; AAL2 24 h and 1 h without use; AAL3 12 h and 15 min without use. */
export const timeClaims: readonly Claim[] = [
  {
    id: 'idle',
    says: 'An unused session ends: within the hour where its roles need more than one factor, within 30 days for anybody.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'sign in as an administrator; wait an hour; GET /auth/session',
    async prove(context) {
      for (const role of ['owner', 'admin', 'auditor']) {
        const used = await context.network.signIn(context.identity(role))
        const unused = await context.network.signIn(context.identity(role))
        context.expect('positive', `${role}, at once`, (await tryToken(context, unused)).status, 200)
        context.expect('positive', `${role}, at once`, (await tryToken(context, used)).status, 200)
        await context.clock.advance(minutes(45))
        context.expect('positive', `${role}, after 45 minutes`, (await tryToken(context, used)).status, 200)
        await context.clock.advance(minutes(16))
        context.expect('positive', `${role}, in use for 61 minutes`, (await tryToken(context, used)).status, 200)
        context.expect(
          'negative',
          `${role}, unused for 61 minutes`,
          (await tryToken(context, unused)).status,
          UNAUTHENTICATED,
        )
        context.expect(
          'negative',
          `${role}, the same on the other node`,
          (await tryToken(context, unused, 1)).status,
          UNAUTHENTICATED,
        )
      }
      const { token } = await newPerson(context)
      await context.clock.advance(hours(20))
      context.expect('positive', 'a member after 20 hours', (await tryToken(context, token)).status, 200)
      await context.clock.advance(days(29))
      context.expect(
        'negative',
        'a member unused for 29 days',
        (await tryToken(context, token)).status,
        UNAUTHENTICATED,
      )
    },
  },
  {
    id: 'age',
    says: 'A session ends however much it is used: after 30 days, and after 24 hours where its roles need more than one factor.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'use a token every few days for 30 days',
    async prove(context) {
      const member = await newPerson(context)
      const memberLives = await useFor(context, member.token, days(5), 5)
      context.expect('positive', 'a member, used every 5 days for 25 days', memberLives, 'alive')
      await context.clock.advance((days(5) + 60) as Seconds)
      context.expect(
        'negative',
        'the same after 30 days',
        (await tryToken(context, member.token)).status,
        UNAUTHENTICATED,
      )
      context.expect(
        'positive',
        'the member, signed in anew',
        (await tryToken(context, await signIn(context, member))).status,
        200,
      )

      const admin = await context.network.signIn(context.identity('admin'))
      const adminLives = await useFor(context, admin, minutes(50), 28)
      context.expect('positive', 'an administrator, used every 50 minutes for 23 hours', adminLives, 'alive')
      await context.clock.advance(minutes(41))
      context.expect('negative', 'the same after 24 hours', (await tryToken(context, admin)).status, UNAUTHENTICATED)
    },
  },
  {
    id: 'assurance-falls',
    says: 'What a second factor proved does not stand for ever: the assurance falls with time, while a member stays signed in.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'update holdfast.session set assurance = 2 …; wait; GET /auth/session',
    async prove(context) {
      // What a second factor makes of a session is multi-factor's to prove: here the row is set to it.
      const at = async (level: 2 | 3): Promise<string> => {
        const { token, accountId } = await newPerson(context)
        await context.database.admin.query(
          'update holdfast.session set assurance = $2, authenticated_at = authenticated_at where account_id = $1',
          [accountId, level],
        )
        await context.clock.advance(minutes(2))
        return token
      }
      const seen = async (token: string): Promise<string> => {
        const { status, session } = await tryToken(context, token)
        return status === 200 ? `assurance ${session.assurance}` : `${status}`
      }
      const second = await at(2)
      context.expect('positive', 'AAL2, at once', await seen(second), 'assurance 2')
      await context.clock.advance(minutes(55))
      context.expect('positive', 'AAL2, after 55 minutes without use', await seen(second), 'assurance 2')
      await context.clock.advance(minutes(61))
      context.expect('negative', 'AAL2, after 61 minutes without use', await seen(second), 'assurance 1')
      context.expect('negative', 'the same, used again', await seen(second), 'assurance 1')
      await context.clock.advance(minutes(2))
      context.expect('negative', 'the same, two minutes later', await seen(second), 'assurance 1')
      context.expect(
        'negative',
        'the same, on the other node',
        (await tryToken(context, second, 1)).session.assurance as number,
        1,
      )

      const aged = await at(2)
      await useFor(context, aged, minutes(50), 28)
      context.expect('positive', 'AAL2, used for 23 hours', await seen(aged), 'assurance 2')
      await context.clock.advance(minutes(45))
      context.expect('negative', 'AAL2, after 24 hours', await seen(aged), 'assurance 1')

      const third = await at(3)
      context.expect('positive', 'AAL3, at once', await seen(third), 'assurance 3')
      await context.clock.advance(minutes(16))
      context.expect('negative', 'AAL3, after 16 minutes without use', await seen(third), 'assurance 2')
      const old = await at(3)
      await useFor(context, old, minutes(12), 55)
      context.expect('positive', 'AAL3, used for 11 hours', await seen(old), 'assurance 3')
      await useFor(context, old, minutes(12), 5)
      context.expect('negative', 'AAL3, after 12 hours', await seen(old), 'assurance 2')
    },
  },
]

/** Uses a token every `pause`, so many times; says what came of it. */
async function useFor(context: ProbeContext, token: string, pause: Seconds, times: number): Promise<string> {
  for (let turn = 1; turn <= times; turn++) {
    await context.clock.advance(pause)
    const { status } = await tryToken(context, token)
    if (status === UNAUTHENTICATED) return `refused at turn ${turn}`
    if (status !== 200) throw new Unproved(`a token answered ${status}`)
  }
  return 'alive'
}

import type { Claim } from '../../../kernel/claim.ts'
import { days, minutes } from '../../../kernel/time.ts'
import { bodyOf, enrol, halfway, secondStep, shown, standing } from './probe-browser.ts'
import { codeOf, stepAt, VECTORS, wellWithinStep } from './probe-totp.ts'

/** Codes of an app and recovery codes. */
export const codeClaims: readonly Claim[] = [
  {
    id: 'standard-codes',
    says: 'A code is the one that RFC 6238 gives for the secret and the moment; any other is refused.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'set an app up at /account/factors, sign out, and sign in with what it shows',
    async prove(context) {
      const key = Buffer.from('12345678901234567890')
      const wrong = VECTORS.filter(([time, code]) => codeOf(key, stepAt(time * 1000)) !== code)
      context.expect('positive', 'the codes this probe makes for the vectors of RFC 6238', wrong.length, 0)
      const { who, secret, usedStep } = await enrol(context, context.identity('member'))
      context.expect('positive', 'bits of the secret', secret.length * 8, 160)
      const browser = await halfway(context, who)
      const step = usedStep + 1
      for (const [what, code] of [
        ['a code made with SHA-256', codeOf(secret, step, { hash: 'sha256' })],
        ['a code of another secret', codeOf(Buffer.alloc(20, 7), step)],
        ['a code of eight digits', codeOf(secret, step, { digits: 8 })],
      ] as const) {
        context.expect('negative', `the second step with ${what}`, shown(await secondStep(browser, code)), REFUSED)
        context.expect('negative', 'who that browser is then', await standing(browser, who), 'nobody')
      }
      const right = shown(await secondStep(browser, codeOf(secret, step)))
      context.expect('positive', 'the second step with the code of the moment', right, '200 done')
      context.expect('positive', 'who that browser is then', await standing(browser, who), `${who.name} at 2`)
    },
  },
  {
    id: 'code-once',
    says: 'A code works once, also where it comes twice at the same moment at two nodes.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'sign in with a code, sign in again in another browser with the same code within 30 seconds',
    async prove(context) {
      const { who, secret, usedStep } = await enrol(context, context.identity('member'))
      const code = codeOf(secret, usedStep + 1)
      const first = await halfway(context, who)
      context.expect('positive', 'the second step with a code', shown(await secondStep(first, code)), '200 done')
      const again = await halfway(context, who)
      context.expect('negative', 'the same code once more', shown(await secondStep(again, code)), REFUSED)
      const earlier = shown(await secondStep(again, codeOf(secret, usedStep)))
      context.expect('negative', 'the code that set the app up', earlier, REFUSED)
      context.expect('negative', 'who that browser is then', await standing(again, who), 'nobody')

      const next = codeOf(secret, usedStep + 2)
      const [one, other] = [await halfway(context, who, 0), await halfway(context, who, 1)]
      const replies = await Promise.all([secondStep(one, next, 0), secondStep(other, next, 1)])
      const sessions = [one, other].filter((browser) => browser.cookies.has('__Host-session'))
      const seen = replies.map(shown).sort().join(' and ')
      context.expect('negative', `sessions of one code at two nodes at once (${seen})`, sessions.length, 1)
    },
  },
  {
    id: 'old-code',
    says: 'A code of one step ago or ahead is accepted, one of two is not.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'note a code, wait a minute and a half, and sign in with it',
    async prove(context) {
      const { who, secret } = await enrol(context, context.identity('member'))
      await context.clock.advance(minutes(5))
      const step = await wellWithinStep(() => context.clock.now())
      const browser = await halfway(context, who)
      for (const [what, at] of [
        ['two steps ago', step - 2],
        ['two steps ahead', step + 2],
      ] as const) {
        const saw = shown(await secondStep(browser, codeOf(secret, at)))
        context.expect('negative', `the second step with a code of ${what}`, saw, REFUSED)
      }
      for (const [what, at] of [
        ['one step ago', step - 1],
        ['one step ahead', step + 1],
      ] as const) {
        const fresh = await halfway(context, who)
        const saw = shown(await secondStep(fresh, codeOf(secret, at)))
        context.expect('positive', `the second step with a code of ${what}`, saw, '200 done')
      }
    },
  },
  {
    id: 'recovery-codes',
    says: 'Ten recovery codes of at least 64 random bits sign in once each, and new ones void the old ones.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'set an app up, sign in with a recovery code, and sign in with it once more',
    async prove(context) {
      const { who, browser, recoveryCodes } = await enrol(context, context.identity('member'))
      const [first = '', second = '', third = ''] = recoveryCodes
      context.expect('positive', 'recovery codes shown with the first factor', new Set(recoveryCodes).size, 10)
      const bits = Math.min(...recoveryCodes.map((code) => code.replace(/[^0-9A-Za-z]/g, '').length * 5))
      context.record({
        side: 'positive',
        tried: 'the shortest of them',
        saw: `${bits} bits`,
        expected: 'at least 64 bits',
        ok: bits >= 64,
      })
      const use = async (code: string): Promise<string> => {
        const fresh = await halfway(context, who)
        return shown(await fresh.call('POST', '/auth/second-factor', { method: 'recovery-code', code }))
      }
      context.expect('positive', 'the second step with a recovery code', await use(first), '200 done')
      context.expect('negative', 'the same recovery code once more', await use(first), REFUSED)
      const sideBySide = await Promise.all([use(second), use(second)])
      const passed = sideBySide.filter((reply) => reply === '200 done').length
      context.expect('negative', 'sessions of one recovery code twice at once', passed, 1)
      const renewed = bodyOf(await browser.call('POST', '/auth/factors/recovery-codes')).recoveryCodes
      const fresh = Array.isArray(renewed) ? String(renewed[0]) : ''
      context.expect('negative', 'an unused one after new ones were made', await use(third), REFUSED)
      context.expect('positive', 'one of the new ones, in small letters', await use(fresh.toLowerCase()), '200 done')
    },
  },
  {
    id: 'stored',
    says: 'Who reads the tables has no code: secrets are sealed for their account, recovery codes and tokens are hashed.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'select * from holdfast.totp, holdfast.recovery_code, holdfast.pending_sign_in',
    async prove(context) {
      const one = await enrol(context, context.identity('member'))
      const two = await enrol(context, context.identity('member', 'A', 2))
      const pending = await halfway(context, one.who)
      const token = pending.cookies.get('__Host-pending') ?? ''
      const { rows } = await context.database.admin.query(
        `select array_to_string(array(
          select t::text from holdfast.totp t where account_id = $1
          union all select r::text from holdfast.recovery_code r where account_id = $1
          union all select p::text from holdfast.pending_sign_in p where account_id = $1), ' ') as dump`,
        [one.who.accountId],
      )
      const dump = String(rows[0]?.dump ?? '').toLowerCase()
      context.expect('positive', 'rows of the account', dump.length > 500 ? 'found' : dump, 'found')
      const hex = (text: string): string => Buffer.from(text).toString('hex')
      const code = one.recoveryCodes[0] ?? ''
      for (const [what, texts] of [
        ['the secret of the app', [one.secret.toString('hex'), base64(one.secret)]],
        ['a recovery code', [code, code.replaceAll('-', ''), hex(code), hex(code.replaceAll('-', ''))]],
        ['the half-finished sign-in', [token, hex(token), Buffer.from(token, 'base64url').toString('hex')]],
      ] as const) {
        const found = texts.some((text) => dump.includes(text.toLowerCase()))
        context.expect('negative', `${what} in its rows, as text or bytes`, found ? 'found' : 'absent', 'absent')
      }

      const attempt = await halfway(context, two.who)
      await context.database.admin.query(
        `update holdfast.totp set sealed_secret = (select sealed_secret from holdfast.totp where account_id = $1)
         where account_id = $2`,
        [one.who.accountId, two.who.accountId],
      )
      await secondStep(attempt, codeOf(one.secret, one.usedStep + 1))
      const stolen = await standing(attempt, two.who)
      context.expect('negative', 'who is signed in by a sealed secret put into another account', stolen, 'nobody')
    },
  },
]

const REFUSED = '401 code-wrong'
const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

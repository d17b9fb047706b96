import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { NOBODY } from '../../../kernel/principal.ts'
import { hours, minutes } from '../../../kernel/time.ts'
import { codeAt, stepOf } from '../../../platform/otp/totp.ts'
import type { Admission, FactorTransaction, FirstMethod, MultiFactor } from './multi-factor.ts'
import { type Fixture, startFixture, unbase32 } from './people.fixture.ts'

let fixture: Fixture
let factors: MultiFactor
before(async () => {
  fixture = await startFixture()
  factors = fixture.create()
})
after(() => fixture.stop())

const inside = <T>(work: (tx: FactorTransaction) => Promise<T>): Promise<T> =>
  fixture.accounts.transaction(NOBODY, work)

/** Somebody with an app. */
async function enrolled(...roles: readonly string[]): Promise<string> {
  const id = await fixture.person(...roles)
  const { secret } = await factors.enrolTotp(id, 'ada@example.test')
  const code = codeAt(unbase32(secret), stepOf(fixture.clock.now()))
  await inside((tx) => factors.confirmTotp(tx, id, code, {}))
  return id
}

const admit = (accountId: string, method: FirstMethod = 'password'): Promise<Admission> =>
  inside((tx) => factors.admit(tx, { accountId, method, assurance: method === 'passkey' ? 2 : 1 }))

async function tokenOf(accountId: string): Promise<string> {
  const admission = await admit(accountId)
  assert.equal(admission.kind, 'second-factor')
  return admission.kind === 'second-factor' ? admission.token.release() : ''
}

suite('the gate', () => {
  test('makes a session of one factor for who has no other, whatever the way in says of itself', async () => {
    const id = await fixture.person()
    for (const method of ['password', 'link', 'openid'] as const) {
      const admission = await inside((tx) => factors.admit(tx, { accountId: id, method, assurance: 3 }))
      assert.deepEqual(admission, { kind: 'session', assurance: 1 })
    }
  })

  for (const method of ['password', 'link', 'openid'] as const)
    test(`asks who has an app for it, after ${method}`, async () => {
      const admission = await admit(await enrolled(), method)
      assert.equal(admission.kind, 'second-factor')
    })

  test('counts a passkey as a second factor, and as both where it checked its owner', async () => {
    const id = await fixture.person()
    await fixture.admin.query(
      `insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
       values ($1, $2, $3, $4, 0, '{}', false, 'key', now())`,
      [randomUUID(), id, randomBytes(16), randomBytes(64)],
    )
    assert.equal((await admit(id)).kind, 'second-factor')
    assert.deepEqual(await admit(id, 'passkey'), { kind: 'session', assurance: 2 })
    await assert.rejects(
      inside((tx) => factors.admit(tx, { accountId: id, method: 'passkey', assurance: 1 })),
      { code: 'passkey-refused' },
    )
  })
})

suite('a role that requires a second factor', () => {
  const ruled = (): MultiFactor =>
    fixture.create({
      requiredBy: ['treasurer'],
      lineageOf: (roles) => new Set(roles.flatMap((role) => (role === 'heir' ? ['heir', 'auditor'] : [role]))),
      permissionsOf: (roles) => new Map(roles.includes('keeper') ? [['role:manage', 'own']] : [['note:read', 'own']]),
    })

  for (const [role, required] of [
    ['owner', true],
    ['admin', true],
    ['auditor', true],
    ['treasurer', true],
    ['heir', true],
    ['keeper', true],
    ['member', false],
    ['stranger', false],
  ] as const)
    test(`${required ? 'is' : 'is not'} ${role}`, () => {
      const control = ruled()
      assert.equal(control.isRequired(['member', role]), required)
      assert.deepEqual(control.effectiveRoles(['member', role], 1), required ? ['member'] : ['member', role])
      assert.deepEqual(control.effectiveRoles(['member', role], 2), ['member', role])
    })
})

suite('a half-finished sign-in', () => {
  test('is found by its token and used once', async () => {
    const id = await enrolled()
    const token = await tokenOf(id)
    assert.equal((await factors.pending(token))?.accountId, id)
    assert.equal((await inside((tx) => factors.complete(tx, token))).accountId, id)
    assert.equal(await factors.pending(token), null)
    await assert.rejects(
      inside((tx) => factors.complete(tx, token)),
      { code: 'authentication-required' },
    )
  })

  test('is used once where it comes several times side by side', async () => {
    const token = await tokenOf(await enrolled())
    const tries = await Promise.allSettled([1, 2, 3].map(() => inside((tx) => factors.complete(tx, token))))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  test('is there again when the second step was wrong', async () => {
    const token = await tokenOf(await enrolled())
    await assert.rejects(
      inside(async (tx) => {
        await factors.complete(tx, token)
        throw new Error('wrong')
      }),
    )
    assert.notEqual(await factors.pending(token), null)
  })

  test('ends after ten minutes', async () => {
    const token = await tokenOf(await enrolled())
    fixture.clock.advance(minutes(10))
    assert.equal(await factors.pending(token), null)
  })

  for (const [why, statement] of [
    ['the account is taken out of use', 'update holdfast.account set disabled_at = now() where id = $1'],
    [
      'the password changes',
      "update holdfast.password set changed_at = now() + interval '1 day' where account_id = $1",
    ],
  ] as const)
    test(`ends when ${why}`, async () => {
      const id = await enrolled()
      const token = await tokenOf(id)
      assert.notEqual(await factors.pending(token), null)
      await fixture.admin.query(statement, [id])
      assert.equal(await factors.pending(token), null)
    })

  test('is one of three of an account at most, the newest', async () => {
    const id = await enrolled()
    const tokens: string[] = []
    for (let count = 0; count < 5; count++) {
      tokens.push(await tokenOf(id))
      fixture.clock.advance(minutes(1))
    }
    const alive = await Promise.all(tokens.map((token) => factors.pending(token)))
    assert.deepEqual(
      alive.map((one) => one !== null),
      [false, false, true, true, true],
    )
  })

  for (const token of ['', 'x', 'A'.repeat(43), '\0'])
    test(`is not found by ${JSON.stringify(token.slice(0, 3))}`, async () =>
      assert.equal(await factors.pending(token), null))
})

suite('recovery codes', () => {
  const make = (id: string): Promise<readonly string[]> => inside((tx) => factors.makeRecoveryCodes(tx, id, {}))
  const use = (id: string, code: string): Promise<void> => inside((tx) => factors.useRecoveryCode(tx, id, code, {}))

  test('are ten of 80 bits, and each works once', async () => {
    const id = await enrolled()
    const codes = await make(id)
    assert.equal(new Set(codes).size, 10)
    for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    for (const code of codes) await use(id, code)
    for (const code of codes) await assert.rejects(use(id, code), { code: 'code-wrong' })
    assert.equal((await factors.factorsOf(id)).recoveryCodes, 0)
  })

  test('are read as people type them', async () => {
    const id = await enrolled()
    const [one = '', two = '', three = ''] = await make(id)
    await use(id, one.toLowerCase())
    await use(id, ` ${two.replaceAll('-', ' ')} `)
    await use(id, three.replaceAll('0', 'o').replaceAll('1', 'l'))
  })

  test('belong to one account, and to the newest ten', async () => {
    const [id, other] = [await enrolled(), await enrolled()]
    const [old = ''] = await make(id)
    const [fresh = ''] = await make(id)
    await assert.rejects(use(id, old), { code: 'code-wrong' })
    await assert.rejects(use(other, fresh), { code: 'code-wrong' })
    await use(id, fresh)
  })

  for (const typed of ['', '----', 'U'.repeat(16), '0'.repeat(15), '0'.repeat(17), 'é'.repeat(16), '0'.repeat(1000)])
    test(`are not ${JSON.stringify(typed.slice(0, 18))}`, async () =>
      assert.rejects(use(await enrolled(), typed), { code: 'code-wrong' }))

  test('go with the last factor', async () => {
    const id = await enrolled()
    await make(id)
    await inside((tx) => factors.tidy(tx, id))
    assert.equal((await factors.factorsOf(id)).recoveryCodes, 10)
    await inside(async (tx) => {
      await factors.removeTotp(tx, id, {})
      await factors.tidy(tx, id)
    })
    assert.deepEqual(await factors.factorsOf(id), { totp: false, passkeys: 0, recoveryCodes: 0 })
  })
})

suite('a reset', () => {
  const start = (id: string, control = factors) => inside((tx) => control.startReset(tx, id, id, {}))
  const finish = (only?: string) => inside((tx) => factors.finishResets(tx, only))

  for (const [role, waits] of [
    ['member', 24],
    ['admin', 72],
  ] as const)
    test(`of ${role} waits ${waits} hours`, async () => {
      const id = await enrolled(role)
      const before = fixture.clock.now()
      const { effectiveAt } = await start(id)
      assert.ok(effectiveAt >= before + waits * 3_600_000 && effectiveAt <= fixture.clock.now() + waits * 3_600_000)
      fixture.clock.advance(hours(waits - 1))
      assert.deepEqual(await finish(id), [])
      assert.equal((await factors.factorsOf(id)).totp, true)
      fixture.clock.advance(hours(1))
      assert.deepEqual(await finish(id), [id])
      assert.deepEqual(await factors.factorsOf(id), { totp: false, passkeys: 0, recoveryCodes: 0 })
      assert.deepEqual(await finish(id), [])
    })

  test('may be set to wait longer, and not shorter', () => {
    assert.equal(fixture.create({ resetWait: hours(100) }).waitingTime(['member']), hours(100))
    assert.equal(fixture.create({ resetWait: hours(1) }).waitingTime(['member']), hours(24))
    assert.equal(fixture.create({ resetWait: hours(48) }).waitingTime(['owner']), hours(72))
  })

  test('that is under way is not started again, so that nobody makes it shorter', async () => {
    const id = await enrolled()
    const first = await start(id)
    fixture.clock.advance(hours(1))
    await assert.rejects(start(id), { code: 'conflict' })
    assert.equal((await factors.resetOf(id))?.effectiveAt, first.effectiveAt)
  })

  test('is not started where there is nothing to reset', async () =>
    assert.rejects(start(await fixture.person()), { code: 'conflict' }))

  test('that was cancelled never comes', async () => {
    const id = await enrolled()
    await start(id)
    assert.equal(await inside((tx) => factors.cancelReset(tx, id, {})), true)
    assert.equal(await inside((tx) => factors.cancelReset(tx, id, {})), false)
    fixture.clock.advance(hours(100))
    assert.deepEqual(await finish(id), [])
    assert.equal((await factors.factorsOf(id)).totp, true)
  })

  test('is carried out once where two nodes come by at once', async () => {
    const id = await enrolled()
    await start(id)
    fixture.clock.advance(hours(24))
    const done = await Promise.all([finish(), finish(), finish(id)])
    assert.equal(done.flat().filter((one) => one === id).length, 1)
  })
})

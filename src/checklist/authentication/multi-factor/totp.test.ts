import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { NOBODY } from '../../../kernel/principal.ts'
import { minutes, seconds } from '../../../kernel/time.ts'
import { codeAt, stepOf } from '../../../platform/otp/totp.ts'
import type { MultiFactor } from './multi-factor.ts'
import { type Fixture, startFixture, unbase32 } from './people.fixture.ts'

const WRONG = { code: 'code-wrong' }

suite('a code of an app', () => {
  let fixture: Fixture
  let factors: MultiFactor
  before(async () => {
    fixture = await startFixture()
    factors = fixture.create()
  })
  after(() => fixture.stop())

  /** Somebody with an app; the code that confirmed it is a minute old. */
  const enrolled = async () => {
    const id = await fixture.person()
    const secret = unbase32((await factors.enrolTotp(id, 'ada@example.test')).secret)
    await confirm(id, codeNow(secret))
    fixture.clock.advance(seconds(60))
    return { id, secret }
  }
  const codeNow = (secret: Buffer, steps = 0): string => codeAt(secret, stepOf(fixture.clock.now()) + steps)
  const confirm = (id: string, code: string): Promise<void> =>
    fixture.accounts.transaction(NOBODY, (tx) => factors.confirmTotp(tx, id, code, {}))
  const use = (id: string, code: string): Promise<void> =>
    fixture.accounts.transaction(NOBODY, (tx) => factors.useTotp(tx, id, code, {}))

  test('is of no effect before the first one was right', async () => {
    const id = await fixture.person()
    const { secret, uri } = await factors.enrolTotp(id, 'ada@example.test')
    assert.equal((await factors.factorsOf(id)).totp, false)
    assert.match(secret, /^[A-Z2-7]{32}$/, '160 bits')
    assert.match(uri, /^otpauth:\/\/totp\/Harbour:ada%40example\.test\?/)
    await assert.rejects(use(id, codeNow(unbase32(secret))), WRONG)
    await assert.rejects(confirm(id, '000000'), WRONG)
    await confirm(id, codeNow(unbase32(secret)))
    assert.equal((await factors.factorsOf(id)).totp, true)
  })

  test('is accepted, and the one a step before and after', async () => {
    const { id, secret } = await enrolled()
    for (const steps of [-1, 0, 1]) await use(id, codeNow(secret, steps))
  })

  for (const [flaw, steps] of [
    ['two steps ago', -2],
    ['two steps ahead', 2],
  ] as const) {
    test(`is refused when it is of ${flaw}`, async () => {
      const { id, secret } = await enrolled()
      await assert.rejects(use(id, codeNow(secret, steps)), WRONG)
    })
  }

  test('is refused the second time, and so is one from before it', async () => {
    const { id, secret } = await enrolled()
    await use(id, codeNow(secret))
    await assert.rejects(use(id, codeNow(secret)), WRONG)
    await assert.rejects(use(id, codeNow(secret, -1)), WRONG)
  })

  test('that confirmed the app does not sign in as well', async () => {
    const id = await fixture.person()
    const secret = unbase32((await factors.enrolTotp(id, 'x')).secret)
    await confirm(id, codeNow(secret))
    await assert.rejects(use(id, codeNow(secret)), WRONG)
  })

  test('is accepted once where it comes several times side by side', async () => {
    const { id, secret } = await enrolled()
    const code = codeNow(secret)
    const tries = await Promise.allSettled(Array.from({ length: 4 }, () => use(id, code)))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  for (const typed of ['', '12345', '1234567', '12 456', '١٢٣٤٥٦', '-12345', '1e5000', 'x'.repeat(1000)]) {
    test(`is refused where it reads ${JSON.stringify(typed.slice(0, 12))}`, async () => {
      const { id } = await enrolled()
      await assert.rejects(use(id, typed), WRONG)
    })
  }

  test('is refused of somebody who has no app', async () => {
    await assert.rejects(use(await fixture.person(), '123456'), WRONG)
    await assert.rejects(use(randomUUID(), '123456'), WRONG)
  })

  test('comes from a secret that is nowhere in the table', async () => {
    const { id, secret } = await enrolled()
    const { rows } = await fixture.admin.query('select totp::text as row from holdfast.totp where account_id = $1', [
      id,
    ])
    assert.ok(!String(rows[0]?.row).includes(secret.toString('hex')))
  })

  test('does not open where its sealed secret was put into another account', async () => {
    const [one, other] = [await enrolled(), await enrolled()]
    await fixture.admin.query(
      'update holdfast.totp set sealed_secret = (select sealed_secret from holdfast.totp where account_id = $1) where account_id = $2',
      [one.id, other.id],
    )
    await assert.rejects(use(other.id, codeNow(one.secret)), { name: 'SealBroken' })
  })

  test('of the old app is good until one of the new app was right', async () => {
    const { id, secret } = await enrolled()
    const next = unbase32((await factors.enrolTotp(id, 'x')).secret)
    await use(id, codeNow(secret))
    await assert.rejects(use(id, codeNow(next)), WRONG)
    await confirm(id, codeNow(next, 1))
    fixture.clock.advance(seconds(60))
    await assert.rejects(use(id, codeNow(secret)), WRONG)
    await use(id, codeNow(next))
  })

  test('does not confirm an app whose secret was shown half an hour ago', async () => {
    const id = await fixture.person()
    const secret = unbase32((await factors.enrolTotp(id, 'x')).secret)
    fixture.clock.advance(minutes(30))
    await assert.rejects(confirm(id, codeNow(secret)), WRONG)
  })

  test('is gone with the app', async () => {
    const { id, secret } = await enrolled()
    const remove = () => fixture.accounts.transaction(NOBODY, (tx) => factors.removeTotp(tx, id, {}))
    assert.equal(await remove(), true)
    assert.equal(await remove(), false)
    await assert.rejects(use(id, codeNow(secret)), WRONG)
  })
})

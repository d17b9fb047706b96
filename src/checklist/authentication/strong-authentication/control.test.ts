import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, suite, test } from 'node:test'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { Secret } from '../../../kernel/secret.ts'
import { keyOf } from './filter-key.ts'
import { type Fixture, startFixture } from './people.fixture.ts'
import type { StrongAuthentication } from './strong-authentication.ts'

const GOOD = 'violet harbour staircase'
const ORIGIN = { address: '203.0.113.7', requestId: 'request-1' }

suite('passwords', () => {
  let fixture: Fixture
  let strong: StrongAuthentication

  before(async () => {
    fixture = await startFixture()
    strong = fixture.create()
  })
  after(() => fixture.stop())
  beforeEach(() => {
    fixture.events.length = 0
  })

  const hashOf = async (id: string): Promise<string> =>
    String((await fixture.admin.query('select hash from holdfast.password where account_id = $1', [id])).rows[0]?.hash)
  const signIn = (email: string, password: string, control = strong) =>
    control.signIn({ email, password: new Secret(password) }, ORIGIN)
  const names = () => fixture.events.map(({ name, fields }) => ('reason' in fields ? `${name} ${fields.reason}` : name))

  suite('at sign-up', () => {
    test('make an account whose owner signs in, however the address is written', async () => {
      const owner = { email: 'Ada@Example.TEST', name: 'Ada' }
      const prepared = await strong.preparePassword(new Secret(GOOD), owner)
      const id = randomUUID()
      const account = await fixture.accounts.transaction(NOBODY, (tx) =>
        strong.createAccount(tx, { id, ...owner, prepared, verified: false }),
      )
      assert.deepEqual(account, { id, email: 'ada@example.test', name: 'Ada' })
      assert.match(await hashOf(id), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      assert.deepEqual(await signIn('ADA@example.test', GOOD), account)
    })

    test('are refused with a reason, and the refusal is an event without the password', async () => {
      await assert.rejects(
        strong.preparePassword(
          new Secret('correct horse battery staple'),
          { email: 'a@example.test', name: 'Ada' },
          ORIGIN,
        ),
        (error) => {
          assert.ok(error instanceof Refusal)
          assert.equal(error.code, 'password-refused')
          assert.equal(error.options.fields?.[0]?.at, 'body/password')
          assert.ok(!JSON.stringify([error.message, error.options]).includes('horse'))
          return true
        },
      )
      assert.deepEqual(names(), ['authn_password_refused common'])
      assert.ok(!JSON.stringify(fixture.events).includes('horse'))
    })

    test('of a taken address make nothing', async () => {
      const { email } = await fixture.person(GOOD)
      const prepared = await strong.preparePassword(new Secret(GOOD), { email, name: 'Eve' })
      const create = (address: string) =>
        fixture.accounts.transaction(NOBODY, (tx) =>
          strong.createAccount(tx, { id: randomUUID(), email: address, name: 'Eve', prepared, verified: false }),
        )
      await assert.rejects(create(email.toUpperCase()), { code: 'address-unusable' })
      await assert.rejects(create('not an address'), { code: 'input-invalid' })
    })

    test('need 8 characters where a second factor is enforced', async () => {
      const owner = { email: 'a@example.test', name: 'Ada' }
      assert.equal((await strong.checkPassword(new Secret('gravel7x'), owner))?.code, 'too-short')
      assert.equal(await strong.checkPassword(new Secret('gravel7x'), { ...owner, secondFactor: true }), null)
    })
  })

  suite('with a breach service', () => {
    const owner = { email: 'a@example.test', name: 'Ada' }

    const hash = (password: string): string => keyOf(password).toString('hex').toUpperCase()
    const knows = (line: string): { range(prefix: string): Promise<readonly string[]> } => ({
      range: async (prefix) => (prefix === hash(GOOD).slice(0, 5) ? [`${'0'.repeat(35)}:9`, line] : []),
    })
    const codeOf = async (breaches: ReturnType<typeof knows>, password = GOOD) =>
      (await fixture.create({ breaches }).checkPassword(new Secret(password), owner))?.code

    test('are refused when it has seen them', async () => {
      assert.equal(await codeOf(knows(`${hash(GOOD).slice(5)}:3`)), 'breached')
      assert.equal(await codeOf(knows(`${hash(GOOD).slice(5).toLowerCase()}:1`)), 'breached')
      assert.equal(await codeOf(knows(`${hash(GOOD).slice(5)}:3`), 'silent copper meadow'), undefined)
      assert.equal(await codeOf(knows(`${hash(GOOD).slice(5)}:0`)), undefined, 'padding')
      assert.equal(await codeOf(knows(`${'0'.repeat(35)}:3`)), undefined)
    })

    test('tell it five digits of their hash, and of those that are refused already nothing', async () => {
      const asked: string[] = []
      const control = fixture.create({
        breaches: {
          range: async (prefix) => {
            asked.push(prefix)
            return []
          },
        },
      })
      await control.checkPassword(new Secret(GOOD), owner)
      await control.checkPassword(new Secret('correct horse battery staple'), owner)
      assert.deepEqual(asked, [hash(GOOD).slice(0, 5)])
    })

    test('are judged by the filter alone when it fails, and the failure is an event, once a minute', async () => {
      let now = 0
      const control = fixture.create({
        clock: { now: () => now },
        breaches: { range: () => Promise.reject(new Error('unreachable')) },
      })
      for (const at of [0, 1_000, 59_999, 60_000]) {
        now = at
        assert.equal(await control.checkPassword(new Secret(GOOD), owner), null)
      }
      assert.deepEqual(
        fixture.events.map(({ name, fields }) => [name, fields]),
        Array.from({ length: 2 }, () => ['sys_error', { problem: 'breach-service-unavailable' }]),
      )
      assert.equal((await control.checkPassword(new Secret('correct horse battery staple'), owner))?.code, 'common')
    })
  })

  suite('at sign-in', () => {
    test('are refused alike for a wrong password, an unknown address and a disabled account', async () => {
      const [person, disabled] = [await fixture.person(GOOD), await fixture.person(GOOD)]
      await fixture.admin.query('update holdfast.account set disabled_at = now() where id = $1', [disabled.id])
      const seen: unknown[] = []
      for (const [email, password] of [
        [person.email, 'silent copper meadow'],
        ['nobody@example.test', GOOD],
        ['not an address', GOOD],
        [disabled.email, GOOD],
        [disabled.email, 'silent copper meadow'],
      ] as const) {
        await assert.rejects(signIn(email, password), (error) => {
          assert.ok(error instanceof Refusal)
          seen.push([error.code, error.message, error.options])
          return true
        })
      }
      for (const one of seen) assert.deepEqual(one, seen[0])
      assert.deepEqual(names(), [
        'authn_login_fail wrong-password',
        'authn_login_fail unknown-account',
        'authn_login_fail unknown-account',
        'authn_login_fail disabled',
        'authn_login_fail wrong-password',
      ])
    })

    test('cost a verification of the same parameters for an unknown address', async () => {
      const { email } = await fixture.person(GOOD)
      const verified: string[] = []
      const control = fixture.create({
        hasher: {
          ...fixture.hasher,
          verify: (password, phc, version) => {
            verified.push(phc.split('$').slice(0, 4).join('$'))
            return fixture.hasher.verify(password, phc, version)
          },
        },
      })
      await assert.rejects(signIn(email, 'silent copper meadow', control), { code: 'credentials-wrong' })
      await assert.rejects(signIn('nobody@example.test', GOOD, control), { code: 'credentials-wrong' })
      assert.equal(verified.length, 2)
      assert.equal(verified[0], verified[1])
    })

    test('fail for an account without a password', async () => {
      const id = randomUUID()
      await fixture.admin.query(
        'insert into holdfast.account (id, email, name, created_at) values ($1, $2, $3, now())',
        [id, 'keyless@example.test', 'Keyless'],
      )
      await assert.rejects(signIn('keyless@example.test', GOOD), { code: 'credentials-wrong' })
    })

    test('are hashed anew when the stored parameters are weaker, and only then', async () => {
      const { id, email } = await fixture.person(GOOD)
      const weak = await fixture.hasher.hash(new Secret(GOOD), { memoryKiB: 1_024, passes: 1 })
      await fixture.admin.query('update holdfast.password set hash = $1 where account_id = $2', [weak.phc, id])
      await assert.rejects(signIn(email, 'silent copper meadow'), { code: 'credentials-wrong' })
      assert.equal(await hashOf(id), weak.phc)
      await signIn(email, GOOD)
      const renewed = await hashOf(id)
      assert.match(renewed, /m=19456,t=2,p=1/)
      await signIn(email, GOOD)
      assert.equal(await hashOf(id), renewed)
      assert.deepEqual(names(), [
        'authn_login_fail wrong-password',
        'authn_hash_upgraded parameters',
        'authn_login_success',
        'authn_login_success',
      ])
    })

    test('stand when hashing anew is refused by a full queue', async () => {
      const { id, email } = await fixture.person(GOOD)
      const weak = await fixture.hasher.hash(new Secret(GOOD), { memoryKiB: 1_024, passes: 1 })
      await fixture.admin.query('update holdfast.password set hash = $1 where account_id = $2', [weak.phc, id])
      const control = fixture.create({
        hasher: {
          ...fixture.hasher,
          hash: () => Promise.reject(new Refusal('overloaded')),
        },
      })
      assert.equal((await signIn(email, GOOD, control)).id, id)
      assert.equal(await hashOf(id), weak.phc)
    })

    test('leave no session behind when password or account changed meanwhile', async () => {
      const stands = (account: Awaited<ReturnType<typeof signIn>>) =>
        fixture.accounts.transaction(NOBODY, (tx) => strong.stillStands(tx, account))
      const { id, email } = await fixture.person(GOOD)
      const account = await signIn(email, GOOD)
      await stands(account)
      await assert.rejects(
        stands({ ...account }),
        { code: 'credentials-wrong' },
        'an account that did not come from a sign-in',
      )
      await fixture.admin.query('update holdfast.account set disabled_at = now() where id = $1', [id])
      await assert.rejects(stands(account), { code: 'credentials-wrong' })
      await fixture.admin.query('update holdfast.account set disabled_at = null where id = $1', [id])
      const prepared = await strong.preparePassword(new Secret('silent copper meadow'), { email, name: 'Somebody' })
      await fixture.accounts.transaction(NOBODY, (tx) => strong.storePassword(tx, id, prepared))
      await assert.rejects(stands(account), { code: 'credentials-wrong' })
    })
  })

  suite('when changed', () => {
    test('need the current one, and the old one is worth nothing afterwards', async () => {
      const { id, email } = await fixture.person(GOOD)
      await assert.rejects(strong.confirm(id, new Secret('silent copper meadow'), ORIGIN), {
        code: 'credentials-wrong',
      })
      await assert.rejects(strong.confirm(randomUUID(), new Secret(GOOD), ORIGIN), { code: 'credentials-wrong' })
      await strong.confirm(id, new Secret(GOOD), ORIGIN)
      const prepared = await strong.preparePassword(new Secret('silent copper meadow'), { email, name: 'Somebody' })
      await fixture.accounts.transaction(NOBODY, (tx) => strong.storePassword(tx, id, prepared, ORIGIN))
      await assert.rejects(signIn(email, GOOD), { code: 'credentials-wrong' })
      await signIn(email, 'silent copper meadow')
      assert.deepEqual(names(), [
        'authn_step_up_fail',
        'authn_step_up_fail',
        'authn_step_up',
        'authn_password_change',
        'authn_login_fail wrong-password',
        'authn_login_success',
      ])
    })
  })

  test('never stand in an event', () => {
    assert.ok(!JSON.stringify(fixture.events).includes(GOOD))
  })
})

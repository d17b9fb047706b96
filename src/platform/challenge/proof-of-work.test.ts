import assert from 'node:assert/strict'
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { type ProofOfWork, proofsOfWork } from './index.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function solve({ parameters }: ProofOfWork): { readonly counter: number; readonly derivedKey: string } {
  const password = Buffer.concat([Buffer.from(parameters.nonce, 'hex'), Buffer.alloc(4)])
  for (let counter = 0; ; counter++) {
    password.writeUInt32BE(counter, 16)
    const salt = Buffer.from(parameters.salt, 'hex')
    const derivedKey = pbkdf2Sync(password, salt, parameters.cost, parameters.keyLength, 'sha256').toString('hex')
    if (derivedKey.startsWith(parameters.keyPrefix)) return { counter, derivedKey }
  }
}

suite('a proof of work', () => {
  let offset = 0
  const proofs = proofsOfWork(new Secret(randomBytes(32)), () => Date.now() + offset)

  test('is accepted once it is solved, and named by its challenge', async () => {
    const challenge = await proofs.create(0)
    const verdict = await proofs.verify(encode({ challenge, solution: solve(challenge) }))
    assert.ok(typeof verdict !== 'string')
    assert.equal(verdict.id, challenge.signature)
    assert.ok(verdict.expiresAt > Date.now() && verdict.expiresAt <= Date.now() + 300_000)
  })

  test('asks for twice the work with each level, up to a bound', async () => {
    const work = async (level: number): Promise<number> => {
      const { cost, keyPrefix } = (await proofs.create(level)).parameters
      return cost * 16 ** keyPrefix.length
    }
    for (const level of [0, 1, 2]) assert.equal(await work(level + 1), 2 * (await work(level)))
    assert.ok((await work(4)) === 2 * (await work(3)))
    assert.equal(await work(100), await work(7))
    assert.equal(await work(-1), await work(0))
  })

  for (const [what, change, problem] of [
    ['made easier', { keyPrefix: '00', cost: 1 }, 'forged'],
    ['given another nonce', { nonce: 'ab'.repeat(16) }, 'forged'],
    ['made to last', { expiresAt: 9_000_000_000 }, 'forged'],
    ['of another algorithm', { algorithm: 'SHA-256' }, 'malformed'],
    ['without a prefix', { keyPrefix: '' }, 'malformed'],
    ['that costs too much to check', { cost: 1e9 }, 'malformed'],
  ] as const) {
    test(`is refused where the challenge was ${what}`, async () => {
      const challenge = await proofs.create(0)
      const altered = { ...challenge, parameters: { ...challenge.parameters, ...change } }
      const solution = { counter: 1, derivedKey: '00'.repeat(32) }
      assert.equal(await proofs.verify(encode({ challenge: altered, solution })), problem)
    })
  }

  test('is refused where it was not solved', async () => {
    const challenge = await proofs.create(0)
    const { counter, derivedKey } = solve(challenge)
    assert.equal(await proofs.verify(encode({ challenge, solution: { counter: counter + 1, derivedKey } })), 'wrong')
    assert.equal(
      await proofs.verify(encode({ challenge, solution: { counter, derivedKey: '00'.repeat(32) } })),
      'wrong',
    )
  })

  test('is refused when its time is over by our clock', async () => {
    const challenge = await proofs.create(0)
    const text = encode({ challenge, solution: solve(challenge) })
    offset = 301_000
    assert.equal(await proofs.verify(text), 'expired')
    offset = 0
  })

  for (const text of [
    '',
    'x',
    '{}',
    encode(null),
    encode([]),
    encode({ challenge: {}, solution: {} }),
    'A'.repeat(5_000),
  ])
    test(`is refused where it is ${text.slice(0, 20) || 'nothing'}`, async () => {
      assert.equal(await proofs.verify(text), 'malformed')
    })
})

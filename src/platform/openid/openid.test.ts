import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { createOpenIdClient } from './create-openid-client.ts'
import type { OpenIdClient, OpenIdRequest } from './openid.ts'
import { type Person, type RealProvider, startRealProvider } from './provider.fixture.ts'

const ADA: Person = { sub: 'ada', email: 'ada@example.test', email_verified: true, name: 'Ada' }
const BACK = 'https://localhost:1/auth/openid/real/callback'
const chance = (): string => randomBytes(32).toString('base64url')
const request = (): OpenIdRequest => ({ redirectUri: BACK, state: chance(), nonce: chance(), verifier: chance() })

suite('a real OpenID provider', () => {
  let real: RealProvider
  before(async () => {
    real = await startRealProvider()
    real.register([BACK])
  })
  after(() => real.close())

  /** With a clock that can be moved. */
  const start = (): { readonly client: OpenIdClient; advance(seconds: number): void } => {
    let offset = 0
    return {
      client: createOpenIdClient({ providers: [real.settings], clock: { now: () => Date.now() + offset } }),
      advance: (seconds) => {
        offset += seconds * 1000
      },
    }
  }
  const signIn = async (client: OpenIdClient, asked = request(), change: (url: URL) => void = () => undefined) => {
    const location = new URL(await client.authorizationUrl('real', asked))
    change(location)
    return client.claims('real', await real.visit(location.href, ADA), asked)
  }

  test('says who somebody is', async () => {
    const { sub, email, email_verified, name } = await signIn(start().client)
    assert.deepEqual({ sub, email, email_verified, name }, ADA)
  })

  test('is where browsers may be sent, and nowhere else', async () => {
    const { client } = start()
    const { issuer } = real.settings
    assert.equal(client.leadsTo(`${issuer}/auth`), false)
    const location = await client.authorizationUrl('real', request())
    assert.equal(client.leadsTo(location), true)
    for (const elsewhere of [
      `${issuer}/token`,
      `${issuer}/auth/more`,
      'https://elsewhere.test/auth',
      '/auth',
      '',
      `${location}#x`,
    ])
      assert.equal(client.leadsTo(elsewhere), false, elsewhere)
  })

  test('is asked for what it says of itself once an hour, and for its keys every five minutes', async () => {
    const { client, advance } = start()
    const before = [real.asked('/.well-known/openid-configuration'), real.asked('/jwks')] as const
    const asked = () => [real.asked('/.well-known/openid-configuration') - before[0], real.asked('/jwks') - before[1]]
    await Promise.all([signIn(client), client.authorizationUrl('real', request())])
    await signIn(client)
    assert.deepEqual(asked(), [1, 1])
    advance(280)
    await signIn(client).catch(() => undefined)
    assert.deepEqual(asked(), [1, 1])
    advance(60)
    await signIn(client).catch(() => undefined)
    assert.deepEqual(asked(), [1, 2])
    advance(3600)
    await client.authorizationUrl('real', request())
    assert.deepEqual(asked(), [2, 2])
  })

  test('may take another key, which is looked for once a minute', async () => {
    const { client, advance } = start()
    await signIn(client)
    real.rotateKey()
    await assert.rejects(signIn(client), { reason: 'signature' })
    const asked = real.asked('/jwks')
    await assert.rejects(signIn(client), { reason: 'signature' })
    assert.equal(real.asked('/jwks'), asked)
    advance(61)
    // Its token was made before the clock was moved on: as good as a minute old.
    assert.equal((await signIn(client)).sub, 'ada')
    assert.equal(real.asked('/jwks'), asked + 1)
  })

  for (const [what, change, reason] of [
    ['another sign-in’s nonce', (url: URL) => url.searchParams.set('nonce', 'another'), 'nonce'],
    ['no nonce', (url: URL) => url.searchParams.delete('nonce'), 'token'],
    ['another sign-in’s state', (url: URL) => url.searchParams.set('state', 'another'), 'answer'],
    ['another verifier’s hash', (url: URL) => url.searchParams.set('code_challenge', chance()), 'code'],
    ['no hash of a verifier', (url: URL) => url.searchParams.delete('code_challenge'), 'declined'],
  ] as const)
    test(`is not believed where the browser asked with ${what}`, () =>
      assert.rejects(signIn(start().client, undefined, change), { name: 'OpenIdFault', reason }))

  test('is not believed where the answer names another provider, or none', async () => {
    const { client } = start()
    for (const change of [
      (url: URL) => url.searchParams.set('iss', 'https://mixed-up.test'),
      (url: URL) => url.searchParams.delete('iss'),
    ]) {
      const asked = request()
      const came = await real.visit(await client.authorizationUrl('real', asked), ADA)
      change(came)
      await assert.rejects(client.claims('real', came, asked), { reason: 'answer' })
    }
  })

  test('takes a code once', async () => {
    const { client } = start()
    const asked = request()
    const came = await real.visit(await client.authorizationUrl('real', asked), ADA)
    await client.claims('real', came, asked)
    await assert.rejects(client.claims('real', came, asked), { reason: 'code' })
  })

  test('may say no, and what it writes then goes nowhere', async () => {
    const { client } = start()
    const asked = request()
    await client.authorizationUrl('real', asked)
    const said = 'something about the person'
    const came = new URL(BACK)
    for (const [name, value] of Object.entries({
      error: 'access_denied',
      error_description: said,
      state: asked.state,
      iss: real.settings.issuer,
    }))
      came.searchParams.set(name, value)
    await assert.rejects(client.claims('real', came, asked), (error: Error) => {
      assert.equal((error as Error & { readonly reason?: string }).reason, 'declined')
      assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /something/)
      return true
    })
  })
})

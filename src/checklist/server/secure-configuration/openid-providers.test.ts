import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { inspect } from 'node:util'
import { type ConfigurationSource, readOpenIdProviders, resolveConfiguration } from './configuration.ts'
import { parseOpenIdProviders } from './openid-providers.ts'
import { printConfiguration } from './print.ts'

const SECRET = 'kept-to-ourselves-0123456789'
const ACME = {
  id: 'acme',
  label: 'Acme',
  issuer: 'https://id.acme.example',
  clientId: 'notes',
  clientSecret: SECRET,
}

suite('the list of OpenID providers', () => {
  test('is read, and shows no secret', () => {
    const other = { ...ACME, id: 'other', issuer: 'https://other.example/tenants/7/' }
    const providers = parseOpenIdProviders(JSON.stringify([ACME, other]), 'start')
    assert.deepEqual(
      providers.map(({ id, issuer }) => [id, issuer]),
      [
        ['acme', 'https://id.acme.example'],
        ['other', 'https://other.example/tenants/7/'],
      ],
    )
    assert.equal(providers[0]?.clientSecret.release(), SECRET)
    assert.ok(!`${inspect(providers)}${JSON.stringify(providers)}`.includes(SECRET))
    assert.ok(Object.isFrozen(providers) && Object.isFrozen(providers[0]))
  })

  test('may name one on this machine in development, and not in production', () => {
    const text = JSON.stringify([{ ...ACME, issuer: 'http://localhost:4000' }])
    assert.equal(parseOpenIdProviders(text, 'dev').length, 1)
    assert.throws(
      () => parseOpenIdProviders(text, 'start'),
      /^WrongSetting: provider 1: issuer must be as the provider/,
    )
  })

  for (const [what, text, told] of [
    ['no JSON', `${SECRET}`, /must be JSON/],
    ['no list', JSON.stringify(ACME), /must be a list of 1 to 10/],
    ['an empty list', '[]', /must be a list of 1 to 10/],
    ['too many', JSON.stringify(Array.from({ length: 11 }, (_, n) => ({ ...ACME, id: `acme${n}` }))), /must be a list/],
    ['one that is no object', JSON.stringify([SECRET]), /provider 1 must be an object/],
    ['two of one id', JSON.stringify([ACME, ACME]), /two providers of one id/],
    ['an unknown member', JSON.stringify([{ ...ACME, [SECRET]: 1 }]), /has more than id, label/],
    ['a member that is missing', JSON.stringify([{ ...ACME, label: undefined }]), /label must be/],
    ['an id with capitals', JSON.stringify([{ ...ACME, id: 'Acme' }]), /id must be/],
    ['an id that is a path', JSON.stringify([{ ...ACME, id: '../acme' }]), /id must be/],
    ['a label of two lines', JSON.stringify([{ ...ACME, label: 'a\nb' }]), /label must be/],
    ['an issuer on plain HTTP', JSON.stringify([{ ...ACME, issuer: 'http://id.acme.example' }]), /issuer must be/],
    ['an issuer with a query', JSON.stringify([{ ...ACME, issuer: 'https://id.example/?a' }]), /issuer must be/],
    ['an issuer with a password', JSON.stringify([{ ...ACME, issuer: 'https://a:b@id.example' }]), /issuer must be/],
    ['an issuer written otherwise', JSON.stringify([{ ...ACME, issuer: 'https://ID.example' }]), /issuer must be/],
    [
      'where the issuer tells of itself',
      JSON.stringify([{ ...ACME, issuer: 'https://id.example/.well-known/openid-configuration' }]),
      /issuer must be/,
    ],
    ['a short secret', JSON.stringify([{ ...ACME, clientSecret: 'short' }]), /clientSecret must be/],
    ['a secret that is no text', JSON.stringify([{ ...ACME, clientSecret: 1 }]), /clientSecret must be/],
  ] as const)
    test(`is refused with ${what}, in one line that quotes nothing`, () => {
      assert.throws(
        () => parseOpenIdProviders(text, 'dev'),
        ({ name, message }: Error) => {
          assert.equal(name, 'WrongSetting')
          assert.match(message, told)
          assert.ok(!message.includes('\n') && !message.includes(SECRET))
          return true
        },
      )
    })
})

suite('the setting of OpenID providers', () => {
  const resolve = (text: string, more: Partial<ConfigurationSource> = {}) =>
    resolveConfiguration({
      environment: { HOLDFAST_OPENID_PROVIDERS: '/etc/notes/openid.json' },
      mode: 'dev',
      files: { read: () => text },
      ...more,
    })

  test('is judged at the start, and read by the process that needs it', () => {
    const text = JSON.stringify([ACME])
    const configuration = resolve(text)
    assert.equal(readOpenIdProviders(configuration, { read: () => text })[0]?.id, 'acme')
    assert.ok(!printConfiguration(configuration).includes(SECRET))
    assert.throws(() => resolve('[]'), {
      name: 'StartRefusal',
      message: /^HOLDFAST_OPENID_PROVIDERS: must be a list/,
    })
  })

  test('opens no file for who reads no secrets, and none where it is not set', () => {
    const files = { read: () => assert.fail('a file was opened') }
    assert.equal(resolve('', { files, secrets: 'without' }).openidProviders, '/etc/notes/openid.json')
    assert.deepEqual(readOpenIdProviders({ openidProviders: null, mode: 'dev' }, files), [])
  })
})

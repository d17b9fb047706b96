import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { type ConfigurationSource, resolveConfiguration, withoutSecrets } from './configuration.ts'
import { nearest } from './environment.ts'
import { printConfiguration } from './print.ts'
import { SETTINGS } from './settings.ts'

const files = { read: () => 'irrelevant' }
const resolve = (environment: Record<string, string>, mode: 'dev' | 'start', more: Partial<ConfigurationSource> = {}) =>
  resolveConfiguration({ environment, mode, files, directory: '/srv/app', ...more })

/** What production needs and nothing else. */
const PRODUCTION = {
  DATABASE_URL: 'postgresql://db.example/notes?sslmode=verify-full',
  HOLDFAST_PUBLIC_ORIGIN: 'https://app.example',
  HOLDFAST_SMTP_URL: 'smtps://notes:a-secret@mail.example',
  HOLDFAST_MAIL_FROM: 'Notes <notes@app.example>',
  HOLDFAST_TLS_CERT_FILE: '/etc/tls/cert.pem',
  HOLDFAST_TLS_KEY_FILE: '/etc/tls/key.pem',
}

suite('the configuration', () => {
  test('is complete and frozen without any setting, in development', () => {
    const configuration = resolve({}, 'dev')
    assert.equal(configuration.host, '127.0.0.1')
    assert.equal(configuration.port, 3443)
    assert.equal(configuration.stateDirectory, '/srv/app/.holdfast')
    assert.equal(configuration.database, null)
    assert.deepEqual([...configuration.given], [])
    assert.ok(Object.isFrozen(configuration) && Object.isFrozen(configuration.allowedOrigins))
  })

  test('says what somebody set', () => {
    const configuration = resolve({ HOLDFAST_PORT: '9443', HOLDFAST_HTTP_PORT: 'off' }, 'dev')
    assert.deepEqual([...configuration.given], ['port', 'httpPort'])
    assert.equal(configuration.httpPort, null)
  })

  test('takes what production needs', () => {
    const configuration = resolve(PRODUCTION, 'start')
    assert.deepEqual(configuration.database?.tls, {})
    assert.equal(configuration.database?.user, null)
    assert.equal(configuration.httpPort, null)
  })

  for (const [what, environment] of [
    ['a Unix socket', { DATABASE_URL: 'postgresql:///notes?host=/run/postgresql' }],
    [
      'a proxy that ends TLS',
      { HOLDFAST_TLS_CERT_FILE: undefined, HOLDFAST_TLS_KEY_FILE: undefined, HOLDFAST_TRUSTED_PROXIES: '10.1.2.3' },
    ],
    [
      'a role with a random password',
      { DATABASE_URL: `postgresql://notes_runtime:${randomBytes(16).toString('hex')}@db.example/notes` },
    ],
    ['a random pepper', { HOLDFAST_PEPPER: randomBytes(32).toString('base64') }],
  ] as const) {
    test(`takes ${what} in production`, () => {
      const given = Object.entries({ ...PRODUCTION, ...environment }).filter(([, value]) => value !== undefined)
      resolve(Object.fromEntries(given) as Record<string, string>, 'start')
    })
  }

  for (const [mode, variable, value] of [
    ['dev', 'HOLDFAST_HOST', '0.0.0.0'],
    ['dev', 'HOLDFAST_HOST', '192.168.1.2'],
    ['dev', 'HOLDFAST_HOST', 'example.com'],
    ['dev', 'HOLDFAST_PORT', '0'],
    ['dev', 'HOLDFAST_PORT', '65536'],
    ['dev', 'HOLDFAST_PORT', '3e3'],
    ['dev', 'HOLDFAST_PORT', ''],
    ['dev', 'HOLDFAST_HTTP_PORT', '3443'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', '*'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'null'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'http://app.example'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'https://app.example/'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'https://APP.example'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'https://*.example'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'https://a.example,https://a.example'],
    ['dev', 'HOLDFAST_ALLOWED_ORIGINS', 'https://a.example,'],
    ['dev', 'HOLDFAST_TRUSTED_PROXIES', '0.0.0.0/0'],
    ['dev', 'HOLDFAST_TRUSTED_PROXIES', '::/0'],
    ['dev', 'HOLDFAST_TRUSTED_PROXIES', '128.0.0.0/1'],
    ['dev', 'HOLDFAST_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['dev', 'HOLDFAST_TRUSTED_PROXIES', 'proxy'],
    ['dev', 'HOLDFAST_SESSION_IDLE_SECONDS', '1209601'],
    ['dev', 'HOLDFAST_SESSION_ABSOLUTE_SECONDS', '2592001'],
    ['dev', 'HOLDFAST_FACTOR_RESET_HOURS', '23'],
    ['dev', 'HOLDFAST_ARGON2_MEMORY_KIB', '19455'],
    ['dev', 'HOLDFAST_ARGON2_PASSES', '1'],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'api.pwnedpasswords.com'],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'ftp://breaches.example/range/'],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'http://breaches.example/range/'],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'http://127.0.0.1.example/range/'],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'https://me:secret@breaches.example/range/'],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'https://breaches.example/range?of='],
    ['dev', 'HOLDFAST_BREACH_SERVICE', 'https://breaches.example/#range'],
    ['start', 'HOLDFAST_BREACH_SERVICE', 'http://192.0.2.1/range/'],
    ['dev', 'HOLDFAST_PEPPER', Buffer.alloc(32, 7).toString('base64')],
    ['dev', 'HOLDFAST_PEPPER', Buffer.from('correct horse battery staple 1234').toString('base64')],
    ['dev', 'HOLDFAST_PEPPER', Buffer.from(Array.from({ length: 32 }, (_, i) => i + 200)).toString('base64')],
    ['dev', 'HOLDFAST_PEPPER', randomBytes(31).toString('base64')],
    ['dev', 'HOLDFAST_PEPPER', 'secret'],
    ['dev', 'DATABASE_URL', 'mysql://db.example/notes'],
    ['dev', 'DATABASE_URL', 'postgresql://db.example'],
    ['dev', 'DATABASE_URL', 'postgresql://db.example/notes?sslmode=disable'],
    ['dev', 'DATABASE_URL', 'postgresql://localhost/notes?sslmode=disable'],
    ['dev', 'DATABASE_URL', 'postgresql:///notes?host=/run/postgresql&sslrootcert=ca.pem'],
    ['dev', 'DATABASE_URL', 'postgresql://db.example/notes?options=-csession_replication_role=replica'],
    ['dev', 'HOLDFAST_ADMIN_DATABASE_URL', 'postgresql://db.example/notes'],
    ['dev', 'NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['start', 'NODE_OPTIONS', '--inspect=0.0.0.0:9229'],
    ['start', 'NODE_DEBUG', 'http'],
    ['start', 'HOLDFAST_LOG_LEVEL', 'debug'],
    ['start', 'HOLDFAST_LOG_LEVEL', 'trace'],
    ['start', 'HOLDFAST_PUBLIC_ORIGIN', 'http://app.example'],
    ['start', 'HOLDFAST_PUBLIC_ORIGIN', 'http://localhost'],
    ['start', 'HOLDFAST_ALLOWED_ORIGINS', 'http://localhost:3000'],
    ['start', 'HOLDFAST_SMTP_URL', 'smtp://mail.example?starttls=off'],
    ['start', 'HOLDFAST_SMTP_URL', 'smtp://127.0.0.1:25?starttls=off'],
    ['dev', 'HOLDFAST_SMTP_URL', 'smtp://mail.example?starttls=off'],
    ['start', 'HOLDFAST_MAIL_FROM', 'notes'],
    ['start', 'DATABASE_URL', 'postgresql://db.example/notes?sslmode=disable'],
    ['start', 'DATABASE_URL', 'postgresql://localhost/notes?sslmode=disable'],
    ['start', 'DATABASE_URL', 'postgresql://db.example/notes?sslmode=require'],
    ['start', 'DATABASE_URL', 'postgresql://postgres:postgres@db.example/notes'],
    ['start', 'DATABASE_URL', `postgresql://postgres:${randomBytes(16).toString('hex')}@db.example/notes`],
    ['start', 'DATABASE_URL', 'postgresql://notes:notes@db.example/notes'],
    ['start', 'DATABASE_URL', 'postgresql://notes:Password123@db.example/notes'],
    ['start', 'DATABASE_URL', 'postgresql://notes:aaaaaaaaaaaaaaaaaaaaaaaa@db.example/notes'],
  ] as const) {
    test(`refuses ${variable}=${value.slice(0, 45)} in ${mode}, in one line that names it and not its value`, () => {
      assert.throws(
        () => resolve({ ...(mode === 'start' ? PRODUCTION : {}), [variable]: value }, mode),
        (error: Error) => {
          assert.ok(error instanceof StartRefusal)
          assert.equal(error.where, variable)
          assert.doesNotMatch(error.message, /\n/)
          if (variable === 'HOLDFAST_PEPPER' && value !== 'secret') assert.ok(!error.message.includes(value))
          assert.ok(!error.message.includes('Password123'))
          return true
        },
      )
    })
  }

  for (const missing of Object.keys(PRODUCTION)) {
    test(`refuses production without ${missing}`, () => {
      const { [missing as keyof typeof PRODUCTION]: _, ...rest } = PRODUCTION
      assert.throws(() => resolve(rest, 'start'), { name: 'StartRefusal', where: missing })
    })
  }

  test('refuses a name it does not know and says the nearest it does', () => {
    for (const [typed, meant] of [
      ['HOLDFAST_ALOWED_ORIGINS', 'HOLDFAST_ALLOWED_ORIGINS'],
      ['HOLDFAST_PORTS', 'HOLDFAST_PORT'],
      ['holdfast_port', 'HOLDFAST_PORT'],
      ['HOLDFAST_PORT_FILE', 'HOLDFAST_PORT'],
      ['DATABASE_URLS', 'DATABASE_URL'],
    ] as const) {
      assert.throws(() => resolve({ [typed]: 'x' }, 'dev'), {
        name: 'StartRefusal',
        where: typed,
        message: new RegExp(`${meant}\\?$`),
      })
    }
  })

  test('reads a secret from its file, or from the environment, but not from both', () => {
    const pepper = randomBytes(32)
    const reading = {
      read: (_variable: string, file: string) => (file === '/run/x' ? pepper.toString('base64') : 'wrong'),
    }
    const configuration = resolve({ HOLDFAST_PEPPER_FILE: '/run/x' }, 'dev', { files: reading })
    assert.deepEqual(configuration.pepper?.release(), pepper)
    assert.throws(() => resolve({ HOLDFAST_PEPPER_FILE: '/run/x', HOLDFAST_PEPPER: 'x' }, 'dev', { files: reading }), {
      where: 'HOLDFAST_PEPPER',
    })
  })

  test('opens no file and holds no secret where it is asked to do without', () => {
    const reading = {
      read: (): string => {
        throw new Error('opened')
      },
    }
    const environment = { ...PRODUCTION, HOLDFAST_PEPPER_FILE: '/run/x' }
    const configuration = resolve(environment, 'start', { files: reading, secrets: 'without' })
    assert.equal(configuration.pepper, null)
    assert.equal(configuration.smtp, null)
    assert.deepEqual(
      Object.keys(withoutSecrets(environment)),
      Object.keys(PRODUCTION).filter((name) => name !== 'DATABASE_URL' && name !== 'HOLDFAST_SMTP_URL'),
    )
  })

  test('gives migrate the administrator, and nobody else', () => {
    const environment = { HOLDFAST_ADMIN_DATABASE_URL: 'postgresql://postgres:x@localhost/notes' }
    assert.equal(resolve(environment, 'dev', { purpose: 'migrate' }).adminDatabase?.user, 'postgres')
    assert.throws(() => resolve(environment, 'dev'), { where: 'HOLDFAST_ADMIN_DATABASE_URL' })
  })

  test('asks for TLS on loopback too, with the authority that is named, and for none by a Unix socket', () => {
    const tls = (text: string) => resolve({ DATABASE_URL: text }, 'dev').database?.tls
    assert.deepEqual(tls('postgresql://localhost/notes'), {})
    assert.deepEqual(tls('postgresql://localhost/notes?sslrootcert=ca.pem'), { caFile: 'ca.pem' })
    assert.equal(tls('postgresql:///notes?host=/run/postgresql'), null)
  })

  test('shows no secret, however it is shown', () => {
    const pepper = randomBytes(32).toString('base64')
    const password = randomBytes(16).toString('hex')
    const configuration = resolve(
      { HOLDFAST_PEPPER: pepper, DATABASE_URL: `postgresql://notes_runtime:${password}@db.example/notes` },
      'dev',
    )
    const shown = [
      printConfiguration(configuration),
      inspect(configuration, { depth: 9 }),
      JSON.stringify(configuration),
    ].join()
    for (const secret of [pepper, password, Buffer.from(pepper, 'base64').toString('hex')])
      assert.ok(!shown.includes(secret))
    assert.match(printConfiguration(configuration), /\* DATABASE_URL +set\n/)
    assert.match(printConfiguration(configuration), / {2}HOLDFAST_PORT +3443\n/)
  })

  test('is refused or checked, whatever a setting is given', () => {
    const variables = Object.values(SETTINGS).map((one) => one.variable)
    fc.assert(
      fc.property(fc.constantFrom(...variables), fc.string({ unit: 'binary', maxLength: 40 }), (variable, value) => {
        try {
          resolve({ [variable]: value }, 'dev')
        } catch (error) {
          assert.ok(error instanceof StartRefusal, String(error))
          assert.ok(!error.message.includes('\n'))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

test('the nearest name has the fewest edits', () => {
  assert.equal(nearest('abd', ['abc', 'xyz', 'abcdef']), 'abc')
})

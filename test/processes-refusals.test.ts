import assert from 'node:assert/strict'
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { development, freePorts, HOLDFAST, holdfast, NOTES, temporaryDirectory } from './processes.fixture.ts'

/** Where mails go; nobody listens there. */
const MAIL = { HOLDFAST_SMTP_URL: 'smtps://127.0.0.1:1', HOLDFAST_MAIL_FROM: 'Notes <notes@app.example>' }

/** What is wrong, how it was started, and the one line that is said. */
const CASES: readonly {
  readonly what: string
  readonly mode?: 'dev' | 'start'
  readonly environment?: Readonly<Record<string, string>>
  readonly application?: string
  /** Text of an application. */
  readonly source?: string
  readonly arguments?: readonly string[]
  readonly says: RegExp
}[] = [
  {
    what: 'an unknown setting',
    environment: { HOLDFAST_COLOUR: 'red' },
    says: /^HOLDFAST_COLOUR: /,
  },
  {
    what: 'a setting that is off by a letter',
    environment: { HOLDFAST_PROT: '3443' },
    says: /^HOLDFAST_PROT: .*HOLDFAST_PORT/,
  },
  {
    what: 'a port that is none',
    environment: { HOLDFAST_PORT: '70000' },
    says: /^HOLDFAST_PORT: /,
  },
  {
    what: 'a weak pepper',
    environment: { HOLDFAST_PEPPER: 'a'.repeat(64) },
    says: /^HOLDFAST_PEPPER: (?!.*aaaa)/,
  },
  {
    what: 'production without a database',
    mode: 'start',
    environment: { HOLDFAST_PUBLIC_ORIGIN: 'https://app.example', HOLDFAST_TRUSTED_PROXIES: '10.0.0.1' },
    says: /^DATABASE_URL: is missing/,
  },
  {
    what: 'production without an origin',
    mode: 'start',
    environment: { DATABASE_URL: 'postgresql:///notes?host=/nowhere', ...MAIL },
    says: /^HOLDFAST_PUBLIC_ORIGIN: /,
  },
  {
    what: 'production without a mail server',
    mode: 'start',
    environment: { DATABASE_URL: 'postgresql:///notes?host=/nowhere', HOLDFAST_PUBLIC_ORIGIN: 'https://app.example' },
    says: /^HOLDFAST_SMTP_URL: is missing/,
  },
  {
    what: 'a database address with a user in it',
    environment: { DATABASE_URL: 'postgresql://me:hunter2@localhost/notes' },
    says: /^DATABASE_URL: (?!.*hunter2)/,
  },
  {
    what: 'a database that can not be reached',
    environment: { DATABASE_URL: 'postgresql:///notes?host=/nowhere' },
    says: /^DATABASE_URL: .*\/nowhere/,
  },
  {
    what: 'an application that is not there',
    application: 'nowhere.ts',
    says: /^nowhere\.ts: there is no such file/,
  },
  {
    what: 'an application with a mistake in its code',
    source: 'export default {',
    says: /backend\.ts:1: can not be loaded: /,
  },
  {
    what: 'an application that throws',
    source: '\nthrow new Error("no luck")',
    says: /backend\.ts:2: can not be loaded: no luck$/,
  },
  {
    what: 'a module that is no application',
    source: 'export default 7',
    says: /backend\.ts: has no default export made by defineBackend$/,
  },
  {
    what: 'a route without permission',
    source: application("app.get('/x', { schema: { response: { 200: Type.Object({}) } }, handler: () => ({}) })"),
    says: /^GET \/x: /,
  },
  {
    what: 'a route without a response',
    source: application("app.get('/x', { public: true, schema: {}, handler: () => ({}) })"),
    says: /^GET \/x: /,
  },
  {
    what: 'an option that is none',
    arguments: ['--colour'],
    says: /^dev: .*--colour.*; see holdfast dev --help$/,
  },
]

suite('one line says what keeps a backend from starting:', () => {
  for (const { what, mode = 'dev', environment = {}, source, says, ...given } of CASES) {
    test(what, async (t) => {
      const folder = await temporaryDirectory(t)
      if (source !== undefined) await writeFile(join(folder, 'backend.ts'), source)
      const path = given.application ?? (source === undefined ? NOTES : join(folder, 'backend.ts'))
      const [port, httpPort] = await freePorts()
      const begun = performance.now()
      const started = holdfast(t, [mode, path, ...(given.arguments ?? [])], {
        environment: {
          HOLDFAST_STATE: join(folder, 'state'),
          HOLDFAST_PORT: `${port}`,
          ...(mode === 'dev' ? { HOLDFAST_HTTP_PORT: `${httpPort}` } : {}),
          ...environment,
        },
      })
      assert.equal(await started.exited, 3)
      t.diagnostic(`${Math.round(performance.now() - begun)} ms: ${started.errors.join(' | ')}`)
      assert.equal(started.errors.length, 1, started.errors.join('\n'))
      assert.match(started.errors[0] ?? '', says)
      assert.deepEqual(started.lines, [])
      assert.ok(
        !(await readdir(folder)).includes('state') || !(await readdir(join(folder, 'state'))).includes('database'),
      )
    })
  }

  test('a migration that was changed after it ran, or is no SQL', async (t) => {
    const [state, folder] = [await temporaryDirectory(t), await temporaryDirectory(t)]
    const migrations = join(folder, 'migrations')
    await mkdir(migrations)
    await writeFile(join(migrations, '0001_first.sql'), "comment on schema app is 'one';\n")
    const path = join(folder, 'backend.ts')
    await writeFile(path, application('', `migrations: ${JSON.stringify(migrations)},`))
    const first = await development(t, state, { application: path })
    assert.ok(first.lines.includes('migrated 0001_first.sql'))
    first.kill('SIGTERM')
    assert.equal(await first.exited, 0)

    for (const [file, text, says] of [
      ['0001_first.sql', "comment on schema app is 'two';\n", /^migration 0001_first\.sql: .*changed/],
      ['0002_second.sql', 'create tabel app.other ();\n', /^migration 0002_second\.sql line 1: .*tabel/],
    ] as const) {
      const before = join(folder, 'before')
      await cp(migrations, before, { recursive: true })
      await writeFile(join(migrations, file), text)
      const [port, httpPort] = await freePorts()
      const started = holdfast(t, [
        ...['dev', path, '--state', state, '--no-watch'],
        ...['--port', `${port}`, '--http-port', `${httpPort}`],
      ])
      assert.equal(await started.exited, 3)
      assert.equal(started.errors.length, 1, started.errors.join('\n'))
      assert.match(started.errors[0] ?? '', says)
      await cp(before, migrations, { recursive: true })
    }
  })
})

function application(route: string, more = ''): string {
  return `import { defineBackend, Type } from ${HOLDFAST}
export default defineBackend({
  name: 'wrong', title: 'Wrong', tables: [], permissions: {}, roles: { member: [] }, ${more}
  routes(app) {
    ${route}
  },
})
void Type
`
}

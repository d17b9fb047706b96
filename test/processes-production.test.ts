import assert from 'node:assert/strict'
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { request } from 'node:https'
import { dirname, join, resolve } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { type ScratchCluster, startScratchCluster } from '../src/platform/postgres/index.ts'
import { localCertificate } from '../src/platform/tls/authority.ts'
import { childrenOf, freePorts, holdfast, NOTES, type Running, temporaryDirectory, until } from './processes.fixture.ts'

suite('holdfast start', () => {
  let cluster: ScratchCluster
  before(async () => {
    cluster = await startScratchCluster({ replicationRole: 'notes_backup' })
  })
  after(() => cluster.stop())

  function migrate(t: TestContext, application: string, state: string): Running {
    const { user, password } = cluster.admin
    const socket = encodeURIComponent(cluster.socketDirectory)
    const url = `postgresql://${user}:${encodeURIComponent(password.release())}@/production?host=${socket}`
    return holdfast(t, ['migrate', application, '--state', state], {
      environment: { HOLDFAST_ADMIN_DATABASE_URL: url },
    })
  }

  test('runs on an outside PostgreSQL that migrate prepared, over HTTPS alone', async (t) => {
    const application = await copyOfNotes(t)
    const state = await temporaryDirectory(t)
    const tls = join(state, 'outside')
    const { ca } = await localCertificate(tls)
    const [port] = await freePorts()
    const origin = `https://localhost:${port}`
    const environment = {
      DATABASE_URL: `postgresql:///production?host=${encodeURIComponent(cluster.socketDirectory)}`,
      HOLDFAST_STATE: state,
      HOLDFAST_HOST: '127.0.0.1',
      HOLDFAST_PORT: `${port}`,
      HOLDFAST_PUBLIC_ORIGIN: origin,
      HOLDFAST_SMTP_URL: 'smtps://127.0.0.1:1',
      HOLDFAST_MAIL_FROM: 'Notes <notes@app.example>',
      HOLDFAST_TLS_CERT_FILE: join(tls, 'localhost.pem'),
      HOLDFAST_TLS_KEY_FILE: join(tls, 'localhost-key.pem'),
    }
    const before = holdfast(t, ['start', application], { environment })
    assert.equal(await before.exited, 3)
    assert.equal(before.errors.length, 1, before.errors.join('\n'))
    assert.match(before.errors[0] ?? '', /^DATABASE_URL: .*; run holdfast migrate/)

    const undeclared = migrate(t, application, state)
    assert.equal(await undeclared.exited, 3)
    assert.equal(undeclared.errors.length, 1, undeclared.errors.join('\n'))
    assert.match(undeclared.errors[0] ?? '', /table note: is declared and not there.*`holdfast migrate new NAME`$/)
    const written = holdfast(t, ['migrate', 'new', 'notes', application])
    assert.equal(await written.exited, 0, written.errors.join('\n'))
    assert.match(written.lines[0] ?? '', /^wrote .*0001_notes\.sql$/)
    const migrated = migrate(t, application, state)
    assert.equal(await migrated.exited, 0, migrated.errors.join('\n'))
    assert.deepEqual(migrated.lines, ['migrated 0001_notes.sql'])
    const again = migrate(t, application, state)
    assert.equal(await again.exited, 0, again.errors.join('\n'))
    assert.deepEqual(again.lines, ['nothing to migrate'])

    const backend = holdfast(t, ['start', application], { environment })
    await backend.line(/ is running /)
    assert.ok(backend.lines.includes(`  ${origin}`))
    assert.deepEqual(
      backend.lines.filter((line) => /enrol|http:/.test(line)),
      [],
      'no link is printed, nothing is plain',
    )
    const [other] = await freePorts()
    const second = holdfast(t, ['start', application], { environment: { ...environment, HOLDFAST_PORT: `${other}` } })
    assert.equal(await second.exited, 3)
    assert.equal(second.errors.length, 1, second.errors.join('\n'))
    assert.match(second.errors[0] ?? '', new RegExp(`process ${backend.pid} is using this state directory; stop it`))
    const page = await get(`${origin}/sign-in`, ca)
    assert.equal(page.status, 200)
    assert.match(String(page.headers['strict-transport-security']), /^max-age=\d{8}/)
    assert.equal((await get(`${origin}/health/ready`, ca)).status, 200)
    await assert.rejects(fetch(`http://localhost:${port}/sign-in`), 'plain HTTP gets no answer')
    assert.deepEqual(await childrenOf(backend.pid, 'postgres'), [])

    const log = async () => (await readFile(join(state, 'log', 'server.log'), 'utf8')).trim().split('\n')
    assert.ok((await log()).every((line) => line.startsWith('{')))
    await cluster.restart()
    await until('it is ready again', async () => (await get(`${origin}/health/ready`, ca)).status === 200)

    backend.kill('SIGTERM')
    assert.equal(await backend.exited, 0)
    assert.deepEqual(backend.errors, [])
  })
})

/** The notes application outside of the checkout, with Holdfast among its packages and before its first migration. */
async function copyOfNotes(t: TestContext): Promise<string> {
  const folder = await temporaryDirectory(t)
  await cp(dirname(NOTES), folder, { recursive: true })
  await rm(join(folder, 'migrations'), { recursive: true, force: true })
  await mkdir(join(folder, 'node_modules'))
  await symlink(resolve(import.meta.dirname, '..'), join(folder, 'node_modules', 'holdfast'))
  await symlink(resolve(import.meta.dirname, '..', 'node_modules', 'kysely'), join(folder, 'node_modules', 'kysely'))
  return join(folder, 'backend.ts')
}

function get(
  url: string,
  ca: string,
): Promise<{ readonly status: number | undefined; readonly headers: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    request(url, { ca }, (reply) => {
      reply.resume()
      resolve({ status: reply.statusCode, headers: reply.headers })
    })
      .on('error', reject)
      .end()
  })
}

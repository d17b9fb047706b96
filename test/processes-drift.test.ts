import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { openSession } from '../src/platform/database/open-session.ts'
import { type ScratchCluster, startScratchCluster } from '../src/platform/postgres/index.ts'
import { localCertificate } from '../src/platform/tls/authority.ts'
import { freePorts, holdfast, NOTES, type Running, temporaryDirectory } from './processes.fixture.ts'

suite('holdfast start on a database that somebody changed', () => {
  let cluster: ScratchCluster
  before(async () => {
    cluster = await startScratchCluster({ replicationRole: 'notes_backup' })
  })
  after(() => cluster.stop())

  test('refuses with the first difference, and starts once it is put right', async (t) => {
    const state = await temporaryDirectory(t)
    const { user, password } = cluster.admin
    const socket = encodeURIComponent(cluster.socketDirectory)
    const migrated = holdfast(t, ['migrate', NOTES, '--state', state], {
      environment: {
        HOLDFAST_ADMIN_DATABASE_URL: `postgresql://${user}:${encodeURIComponent(password.release())}@/drifted?host=${socket}`,
      },
    })
    assert.equal(await migrated.exited, 0, migrated.errors.join('\n'))
    const tls = join(state, 'outside')
    await localCertificate(tls)

    const admin = await openSession({ connection: cluster.connection('drifted', user, password), application: 'test' })
    t.after(() => admin.close())
    for (const [change, undo, says] of [
      [
        'grant select on app.note to notes_accounts',
        'revoke select on app.note from notes_accounts',
        /table note: is granted too widely: notes_accounts SELECT/,
      ],
      [
        'create policy debug on app.note using (true)',
        'drop policy debug on app.note',
        /table note: policy debug was added in the database/,
      ],
      [
        'alter role notes_runtime in database drifted set statement_timeout = 0',
        'alter role notes_runtime in database drifted reset statement_timeout',
        /role notes_runtime: has a setting of its own for database drifted: statement_timeout=0/,
      ],
    ] as const) {
      await admin.query(change)
      const refused = await start(t, state, tls)
      assert.equal(await refused.exited, 3, change)
      assert.equal(refused.errors.length, 1, refused.errors.join('\n'))
      assert.match(refused.errors[0] ?? '', says)
      await admin.query(undo)
    }
    const backend = await start(t, state, tls)
    await backend.line(/ is running /)
    backend.kill('SIGTERM')
    assert.equal(await backend.exited, 0)
  })

  async function start(t: TestContext, state: string, tls: string): Promise<Running> {
    const [port] = await freePorts()
    return holdfast(t, ['start', NOTES], {
      environment: {
        DATABASE_URL: `postgresql:///drifted?host=${encodeURIComponent(cluster.socketDirectory)}`,
        HOLDFAST_STATE: state,
        HOLDFAST_HOST: '127.0.0.1',
        HOLDFAST_PORT: `${port}`,
        HOLDFAST_PUBLIC_ORIGIN: `https://localhost:${port}`,
        HOLDFAST_SMTP_URL: 'smtps://127.0.0.1:1',
        HOLDFAST_MAIL_FROM: 'Notes <notes@app.example>',
        HOLDFAST_TLS_CERT_FILE: join(tls, 'localhost.pem'),
        HOLDFAST_TLS_KEY_FILE: join(tls, 'localhost-key.pem'),
      },
    })
  }
})

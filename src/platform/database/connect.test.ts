import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { Refusal } from '../../kernel/refusal.ts'
import { Secret } from '../../kernel/secret.ts'
import { type LocalCertificate, localCertificate } from '../tls/authority.ts'
import { type Fixture, startFixture } from './cluster.fixture.ts'
import { connect } from './connect.ts'
import type { Connection } from './database.ts'
import { DatabaseError } from './errors.ts'

const base = { application: 'test', statementTimeout: 1_000 }

async function refused(connection: Connection): Promise<DatabaseError> {
  const error = await connect({ ...base, connection }).then(
    (stream) => {
      stream.destroy()
      assert.fail('was connected')
    },
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Refusal && error.cause instanceof DatabaseError)
  assert.equal(error.code, 'database-unavailable')
  return error.cause
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

suite('a connection by TCP', { timeout: 60_000 }, () => {
  let fixture: Fixture
  let directory: string
  let own: LocalCertificate
  let foreign: LocalCertificate
  let server: Server
  let port: number
  /** What the server answers to the request for TLS. */
  let answer = 'S'
  let plain = ''
  const sockets = new Set<Socket>()

  before(async () => {
    fixture = await startFixture()
    directory = await mkdtemp(join(tmpdir(), 'holdfast-connect-'))
    own = await localCertificate(join(directory, 'own'))
    foreign = await localCertificate(join(directory, 'foreign'))
    // Speaks TLS in front of the cluster, which itself has only its socket.
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', (request: Buffer) => {
        assert.equal(request.readInt32BE(4), 80877103)
        socket.write(answer)
        if (answer !== 'S') {
          socket.on('data', (more) => (plain += more.toString('latin1')))
          return
        }
        const near = new TLSSocket(socket, { isServer: true, key: own.key, cert: own.cert })
        const far = connectSocket(join(fixture.connection.host, `.s.PGSQL.${fixture.connection.port}`))
        near.on('error', () => far.destroy())
        far.on('error', () => near.destroy())
        near.pipe(far).pipe(near)
      })
    })
    port = await listening(server)
  })
  after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await rm(directory, { recursive: true, force: true })
    await fixture.stop()
  })

  const at = (over: Partial<Connection>): Connection => ({
    ...fixture.connection,
    host: 'localhost',
    port,
    tls: { ca: own.ca },
    ...over,
  })

  test('is made to a server whose certificate is right', async () => {
    const stream = await connect({ ...base, connection: at({}) })
    stream.destroy()
  })

  test('goes by the name it is given', async () => {
    const stream = await connect({
      ...base,
      connection: at({ host: '127.0.0.1', tls: { ca: own.ca, servername: 'localhost' } }),
    })
    stream.destroy()
    assert.equal(
      (await refused(at({ tls: { ca: own.ca, servername: 'db.example.test' } }))).code,
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
  })

  for (const [what, tls] of [
    ['another authority', () => ({ ca: foreign.ca })],
    ['none but the system’s authorities', () => ({})],
    ['nothing said of TLS', () => undefined],
  ] as const) {
    test(`is not made with ${what}`, async () => {
      const { tls: _, ...connection } = at({})
      const given = tls()
      assert.match(
        (await refused(given === undefined ? connection : { ...connection, tls: given })).code,
        /CERT|SIGNATURE|ISSUER/,
      )
    })
  }

  test('is not made without TLS when the server has none', async () => {
    answer = 'N'
    await refused(at({}))
    assert.equal(plain, '')
    answer = 'S'
  })
})

suite('a connection', { timeout: 60_000 }, () => {
  for (const [what, request] of [
    ['the password itself', [0, 0, 0, 3]],
    ['its MD5', [0, 0, 0, 5, 1, 2, 3, 4]],
  ] as const) {
    test(`is not made to a server that asks for ${what}, and the password stays here`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'holdfast-connect-'))
      let received = ''
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.write(Buffer.from([0x52, 0, 0, 0, request.length + 4, ...request])))
        socket.on('data', (chunk) => (received += chunk.toString('latin1')))
      })
      server.listen(join(directory, '.s.PGSQL.5432'))
      await once(server, 'listening')
      let released = 0
      class Watched extends Secret {
        override release(): string {
          released++
          return super.release()
        }
      }
      const connection = {
        host: directory,
        port: 5432,
        database: 'd',
        user: 'u',
        password: new Watched('correct horse'),
      }
      assert.equal((await refused(connection)).code, '08P01')
      assert.ok(!received.includes('horse'))
      assert.equal(released, 0)
      server.close()
      await rm(directory, { recursive: true, force: true })
    })
  }

  test('takes nothing from the environment', async () => {
    const fixture = await startFixture()
    Object.assign(process.env, {
      PGOPTIONS: '-c statement_timeout=0',
      PGSSLMODE: 'require',
      PGPASSWORD: 'x',
      PGAPPNAME: 'x',
    })
    try {
      const stream = await connect({ ...base, connection: fixture.connection })
      stream.destroy()
    } finally {
      for (const name of ['PGOPTIONS', 'PGSSLMODE', 'PGPASSWORD', 'PGAPPNAME']) delete process.env[name]
      await fixture.stop()
    }
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { type LocalCertificate, localCertificate } from '../tls/authority.ts'
import { type PaceOptions, paceHandshakes } from './pace-handshakes.ts'

suite('handshakes that are paced', () => {
  let folder: string
  let certificate: LocalCertificate
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-pace-'))
    certificate = await localCertificate(folder)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** Answers `pong` to whatever it reads. */
  async function started(options?: PaceOptions): Promise<{ readonly server: Server; readonly port: number }> {
    const server = createServer({ key: certificate.key, cert: certificate.cert }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => socket.write('pong'))
    })
    paceHandshakes(server, options)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, port: (server.address() as AddressInfo).port }
  }

  const opened = (port: number): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: certificate.ca }, () =>
        resolve(socket),
      )
      socket.once('error', reject)
    })

  const stopped = async (server: Server, sockets: readonly Socket[]): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }

  test('are all made, and what comes over them is read', async () => {
    const { server, port } = await started({ sliceMs: 0 })
    const sockets = await Promise.all(Array.from({ length: 30 }, () => opened(port)))
    const replies = sockets.map(async (socket) => {
      socket.write('ping')
      const [data] = await once(socket, 'data')
      return String(data)
    })
    assert.deepEqual(new Set(await Promise.all(replies)), new Set(['pong']))
    await stopped(server, sockets)
  })

  test('leave turns of the event loop to others while many wait', async () => {
    const { server, port } = await started({ sliceMs: 0 })
    let turns = 0
    const count = (): void => {
      turns += 1
      immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    /** In which turn each was made. */
    const made: number[] = []
    server.on('secureConnection', () => made.push(turns))
    const sockets = await Promise.all(Array.from({ length: 30 }, () => opened(port)))
    clearImmediate(immediate)
    const most = Math.max(...Object.values(Object.groupBy(made, String)).map((same) => same?.length ?? 0))
    // The first half of a handshake takes the time, and its end comes when the client has answered: some meet.
    assert.ok(new Set(made).size > 10, `30 handshakes were made in ${new Set(made).size} turns, up to ${most} in one`)
    await stopped(server, sockets)
  })

  test('wait for nobody who says nothing, and such a connection is closed after a time', async () => {
    const { server, port } = await started({ sliceMs: 0, patienceMs: 300 })
    const silent = Array.from({ length: 20 }, () => connectPlain(port, '127.0.0.1'))
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    const closed = Promise.all(silent.map((socket) => once(socket.resume(), 'close')))
    const speaking = await opened(port)
    speaking.write('ping')
    assert.equal(String((await once(speaking, 'data'))[0]), 'pong')
    await closed
    // Its handshake was made in time, so it stays.
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.equal(speaking.destroyed, false)
    await stopped(server, [speaking])
  })

  test('are not made for who left while waiting, or says what is no handshake', async () => {
    const { server, port } = await started({ sliceMs: 0 })
    const failures: unknown[] = []
    server.on('tlsClientError', (error) => failures.push(error))
    const left = connectPlain(port, '127.0.0.1')
    await once(left, 'connect')
    left.destroy()
    const wrong = connectPlain(port, '127.0.0.1')
    wrong.write('GET / HTTP/1.1\r\n\r\n')
    await once(wrong.resume(), 'close')
    assert.equal(failures.length, 1)
    const sockets = [await opened(port)]
    await stopped(server, sockets)
  })

  test('are refused for a server that others listen to already', () => {
    const server = createServer()
    server.on('connection', () => undefined)
    assert.throws(() => paceHandshakes(server), TypeError)
  })
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Secret } from '../../kernel/secret.ts'
import { type LocalCertificate, localCertificate } from '../tls/authority.ts'
import type { Mail } from './mail.ts'
import { MailRefused } from './mail-refused.ts'
import { type SmtpOptions, smtpTransport } from './smtp.ts'
import { startCatcher } from './smtp-catcher.fixture.ts'

const mail: Mail = {
  to: 'ada@harbour.example',
  subject: 'Ein neues Paßwort',
  text: 'The link:\n\nhttps://harbour.example/reset?token=AbC\n',
  html: '<p><a href="https://harbour.example/reset?token=AbC">The link</a></p>',
}
const FROM = { name: 'Harbour, Inc.', address: 'no-reply@harbour.example' }

suite('mail by SMTP', () => {
  let directory: string
  let certificate: LocalCertificate
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-smtp-'))
    certificate = await localCertificate(directory)
  })
  after(() => rm(directory, { recursive: true, force: true }))

  const transport = (port: number, over: Partial<SmtpOptions> = {}) =>
    smtpTransport({
      host: '127.0.0.1',
      port,
      user: null,
      password: null,
      tls: 'none',
      from: FROM,
      timeout: 1_000,
      ...over,
    })
  const withTls = () => ({ key: certificate.key, cert: certificate.cert })
  const refused = (forGood: boolean, pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof MailRefused, String(error))
    assert.deepEqual([error.forGood, pattern.test(error.message)], [forGood, true], error.message)
    assert.doesNotMatch(error.message, /ada|harbour|token/)
    return true
  }

  test('arrives in both forms, from us, to one, named by its id', async () => {
    const server = await startCatcher({ disabledCommands: ['STARTTLS', 'AUTH'] })
    const sender = transport(server.port)
    const id = randomUUID()
    await sender.send(mail, id)
    await sender.close()
    await server.close()
    const [got, ...others] = server.caught
    assert.equal(others.length, 0)
    assert.deepEqual([got?.from, got?.to], [FROM.address, [mail.to]])
    assert.equal(got?.header('From'), '"Harbour, Inc." <no-reply@harbour.example>')
    assert.equal(got?.header('To'), mail.to)
    assert.equal(got?.header('Message-ID'), `<${id}@harbour.example>`)
    assert.equal(got?.header('Auto-Submitted'), 'auto-generated')
    assert.match(got?.header('Subject') ?? '', /^=\?UTF-8\?/)
    assert.match(got?.header('Content-Type') ?? '', /^multipart\/alternative/)
    assert.match(got?.source ?? '', /Content-Type: text\/plain[\s\S]*Content-Type: text\/html/)
    assert.ok(got?.source.includes('https://harbour.example/reset?token=3DAbC') || got?.source.includes('token=AbC'))
  })

  for (const tls of ['at-once', 'required'] as const) {
    test(`(TLS ${tls}) is encrypted, with the password, to a server whose certificate is right`, async () => {
      let password = ''
      const server = await startCatcher({
        ...withTls(),
        secure: tls === 'at-once',
        authOptional: false,
        onAuth(auth, session, done) {
          password = session.secure ? (auth.password ?? '') : 'in the clear'
          done(null, { user: auth.username })
        },
      })
      const options = { tls, user: 'harbour', password: new Secret('s3cret'), ca: certificate.ca }
      const sender = transport(server.port, options)
      await sender.send(mail, randomUUID())
      await sender.close()
      await server.close()
      assert.deepEqual([server.caught.length, server.caught[0]?.secure, password], [1, true, 's3cret'])
    })

    test(`(TLS ${tls}) tells nothing to a server whose certificate is somebody’s`, async () => {
      let asked = false
      const server = await startCatcher({
        ...withTls(),
        secure: tls === 'at-once',
        onAuth(_auth, _session, done) {
          asked = true
          done(null, { user: 'x' })
        },
        onMailFrom(_address, _session, done) {
          asked = true
          done()
        },
      })
      const sender = transport(server.port, { tls, user: 'harbour', password: new Secret('s3cret') })
      await assert.rejects(sender.send(mail, randomUUID()), refused(false, /^E/))
      await sender.close()
      await server.close()
      assert.deepEqual([server.caught.length, asked], [0, false])
    })
  }

  test('tells nothing where somebody on the way has taken STARTTLS out', async () => {
    let asked = false
    const server = await startCatcher({
      disabledCommands: ['STARTTLS'],
      onMailFrom(_address, _session, done) {
        asked = true
        done()
      },
    })
    const sender = transport(server.port, { tls: 'required', ca: certificate.ca })
    await assert.rejects(sender.send(mail, randomUUID()), refused(false, /^E/))
    await sender.close()
    await server.close()
    assert.deepEqual([server.caught.length, asked], [0, false])
  })

  for (const [what, code, forGood] of [
    ['there is nobody of this name', 550, true],
    ['it is to come again later', 451, false],
  ] as const) {
    test(`says whether it is refused for good: ${what}`, async () => {
      const server = await startCatcher({
        disabledCommands: ['STARTTLS', 'AUTH'],
        onRcptTo: (_address, _session, done) =>
          done(Object.assign(new Error(`no ada@harbour.example here`), { responseCode: code })),
      })
      const sender = transport(server.port)
      await assert.rejects(sender.send(mail, randomUUID()), refused(forGood, new RegExp(`^EENVELOPE ${code}$`)))
      await sender.close()
      await server.close()
    })
  }

  for (const [what, wrong] of [
    ['two addresses', { to: 'ada@harbour.example,eve@elsewhere.example' }],
    ['a name and an address', { to: 'Ada <ada@harbour.example>' }],
    ['an address and a line end', { to: 'ada@harbour.example\r\nRCPT TO:<eve@elsewhere.example>' }],
    ['a group', { to: 'all:ada@harbour.example;' }],
    ['no address', { to: '' }],
    ['a subject of two lines', { subject: 'Hello\r\nBcc: eve@elsewhere.example' }],
    ['a subject without end', { subject: 'x'.repeat(501) }],
  ] as const) {
    test(`asks no server about ${what}`, async () => {
      const server = await startCatcher({ disabledCommands: ['STARTTLS', 'AUTH'] })
      const sender = transport(server.port)
      await assert.rejects(sender.send({ ...mail, ...wrong }, randomUUID()), refused(true, /^the (address|subject)/))
      await sender.close()
      await server.close()
      assert.equal(server.connections(), 0)
    })
  }

  test('fetches nothing that a text of it names', async () => {
    const server = await startCatcher({ disabledCommands: ['STARTTLS', 'AUTH'] })
    const sender = transport(server.port)
    const text = { path: '/etc/passwd' } as unknown as string
    await assert.rejects(sender.send({ ...mail, text }, randomUUID()), MailRefused)
    await sender.close()
    await server.close()
    assert.equal(server.caught.length, 0)
  })

  test('gives up on a server that says nothing, and on one that is not there', async () => {
    const held = new Set<net.Socket>()
    const silent = net.createServer((socket) => void held.add(socket)).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as net.AddressInfo
    const sender = transport(port, { timeout: 300 })
    const begun = performance.now()
    await assert.rejects(sender.send(mail, randomUUID()), refused(false, /^E/))
    assert.ok(performance.now() - begun < 3_000)
    for (const socket of held) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
    await assert.rejects(sender.send(mail, randomUUID()), refused(false, /^E/))
    await sender.close()
  })
})

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { localCertificate } from './authority.ts'

const DAY = 86_400_000

suite('the local certificate', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-authority-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  test('is for the loopback names, by an authority that can vouch for nothing else', async () => {
    const { cert, ca } = await localCertificate(directory)
    const [leaf, authority] = [new X509Certificate(cert), new X509Certificate(ca)]
    assert.equal(leaf.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    assert.ok(leaf.verify(authority.publicKey))
    assert.deepEqual([leaf.ca, authority.ca], [false, true])
    assert.ok(leaf.validToDate.getTime() - leaf.validFromDate.getTime() <= 90 * DAY)
    assert.ok(authority.raw.includes(Buffer.from('0603551d1e0101ff', 'hex')), 'critical name constraints')
    assert.ok(authority.raw.includes(Buffer.from('8209', 'hex').toString('latin1').concat('localhost'), 0, 'latin1'))
  })

  test('keeps all of its files from others', async () => {
    await localCertificate(directory)
    for (const file of await readdir(directory)) {
      const { mode } = await stat(join(directory, file))
      assert.equal(mode & 0o777, 0o600, file)
    }
  })

  test('takes files that an earlier version left readable out of the reach of others, and keeps them', async () => {
    const first = await localCertificate(directory)
    await chmod(directory, 0o755)
    for (const file of await readdir(directory)) await chmod(join(directory, file), 0o644)
    assert.deepEqual(await localCertificate(directory), first)
    assert.equal((await stat(directory)).mode & 0o777, 0o700)
    for (const file of await readdir(directory)) {
      assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file)
    }
  })

  test('stays the same until a third of its time is left, and the authority longer', async () => {
    const now = Date.now()
    const first = await localCertificate(directory, { now: () => now })
    const second = await localCertificate(directory, { now: () => now + 50 * DAY })
    const third = await localCertificate(directory, { now: () => now + 70 * DAY })
    assert.equal(second.cert, first.cert)
    assert.notEqual(third.cert, first.cert)
    assert.equal(third.ca, first.ca)
    assert.ok(new X509Certificate(third.cert).verify(new X509Certificate(third.ca).publicKey))
  })

  for (const file of ['localhost.pem', 'localhost-key.pem', 'authority.pem', 'authority-key.pem']) {
    test(`is sound again after ${file} was damaged`, async () => {
      await localCertificate(directory)
      await writeFile(join(directory, file), 'damaged')
      const later = { now: () => Date.now() + 70 * DAY }
      const { cert, key, ca } = await localCertificate(directory, later)
      const leaf = new X509Certificate(cert)
      assert.ok(leaf.verify(new X509Certificate(ca).publicKey))
      assert.equal(await readFile(join(directory, 'localhost-key.pem'), 'utf8'), key)
      assert.deepEqual(await localCertificate(directory, later), { cert, key, ca })
    })
  }
})

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { localCertificate } from '../platform/tls/authority.ts'
import { refuseWrongCertificate } from './certificate-files.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from './state-directory.ts'

suite('certificate and key', () => {
  let directory: string
  let certificateFile: string
  let keyFile: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
    for (const one of ['one', 'other']) await localCertificate(join(directory, one, 'tls'))
    certificateFile = join(directory, 'one', CERTIFICATE)
    keyFile = join(directory, 'one', CERTIFICATE_KEY)
    await writeFile(join(directory, 'text'), 'no PEM at all\n')
    const first = await readFile(certificateFile, 'utf8')
    await writeFile(
      join(directory, 'damaged-chain'),
      `${first}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    )
  })
  after(() => rm(directory, { recursive: true, force: true }))

  test('are taken where they belong together', () => {
    refuseWrongCertificate({ certificateFile, keyFile })
  })

  for (const [what, files, says] of [
    ['a certificate that is not there', { certificateFile: 'nowhere' }, /^HOLDFAST_TLS_CERT_FILE: .*\(ENOENT\)$/],
    ['a key that is not there', { keyFile: 'nowhere' }, /^HOLDFAST_TLS_KEY_FILE: .*\(ENOENT\)$/],
    ['a folder', { certificateFile: '.' }, /^HOLDFAST_TLS_CERT_FILE: .*\(EISDIR\)$/],
    ['text as certificate', { certificateFile: 'text' }, /^HOLDFAST_TLS_CERT_FILE: holds no certificate;/],
    ['text as key', { keyFile: 'text' }, /^HOLDFAST_TLS_KEY_FILE: holds no private key;/],
    ['the two exchanged', { certificateFile: join('one', CERTIFICATE_KEY) }, /^HOLDFAST_TLS_CERT_FILE: holds no/],
    [
      'another’s certificate',
      { certificateFile: join('other', CERTIFICATE) },
      /^HOLDFAST_TLS_CERT_FILE: does not begin/,
    ],
    ['a damaged chain', { certificateFile: 'damaged-chain' }, /^HOLDFAST_TLS_CERT_FILE: holds no certificate;/],
  ] as const) {
    test(`refuse ${what} in one line`, () => {
      const named = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(directory, file)]))
      assert.throws(
        () => refuseWrongCertificate({ certificateFile, keyFile, ...named }),
        (error: Error) => says.test(error.message) && !error.message.includes('\n'),
      )
    })
  }
})

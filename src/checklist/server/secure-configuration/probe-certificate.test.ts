import 'reflect-metadata'
import assert from 'node:assert/strict'
import { webcrypto, X509Certificate } from 'node:crypto'
import { suite, test } from 'node:test'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { judgeCertificate } from './probe-certificate.ts'

const DAY = 86_400_000
const NOW = Date.now()
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const RSA = { name: 'RSASSA-PKCS1-v1_5', publicExponent: new Uint8Array([1, 0, 1]) } as const

type Algorithm = typeof EC | (typeof RSA & { readonly modulusLength: number; readonly hash: string })

interface Wanted {
  readonly from?: number
  readonly to?: number
  readonly names?: readonly string[]
  readonly algorithm?: Algorithm
}

/** Days are counted from now. */
async function certificate({ from = -30, to = 60, names = ['app.example'], algorithm = EC }: Wanted) {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=app.example',
    notBefore: new Date(NOW + from * DAY),
    notAfter: new Date(NOW + to * DAY),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  })
  return new X509Certificate(made.toString('pem'))
}

suite('the judgement on a certificate', () => {
  const wrong = async (wanted: Wanted, hosts: readonly string[] = ['app.example']): Promise<readonly string[]> =>
    judgeCertificate(await certificate(wanted), { hosts, now: NOW })
      .filter(({ saw, expected }) => saw !== expected)
      .map(({ saw }) => saw)

  for (const [what, wanted, hosts, expected] of [
    ['a good one', {}, undefined, []],
    ['a good one of RSA', { algorithm: { ...RSA, modulusLength: 2048, hash: 'SHA-256' } }, undefined, []],
    ['one for every name below', { names: ['*.app.example'] }, ['api.app.example'], []],
    ['one for an address', { names: ['192.0.2.7'] }, ['192.0.2.7'], []],
    ['one of six days, two of which are left', { from: -4, to: 2 }, undefined, []],
    ['one of six days, one of which is left', { from: -5, to: 1 }, undefined, ['over in 1 days']],
    ['one that is over', { to: -1 }, undefined, ['over']],
    ['one that is not in force yet', { from: 1 }, undefined, ['not in force yet']],
    ['one of ninety days, thirteen of which are left', { from: -77, to: 13 }, undefined, ['over in 13 days']],
    ['one for somebody else', { names: ['other.example'] }, undefined, ['not among them']],
    ['one for the name above', { names: ['example'] }, undefined, ['not among them']],
    ['one whose subject alone names it', { names: ['other.example'] }, ['app.example'], ['not among them']],
    ['one that lacks one of two origins', {}, ['app.example', 'api.example'], ['not among them']],
    ['a weak key', { algorithm: { ...RSA, modulusLength: 1024, hash: 'SHA-256' } }, undefined, ['1024 bits']],
    [
      'a broken digest',
      { algorithm: { ...RSA, modulusLength: 2048, hash: 'SHA-1' } },
      undefined,
      ['sha1WithRSAEncryption'],
    ],
  ] satisfies [string, Wanted, readonly string[] | undefined, readonly string[]][]) {
    test(`${expected.length === 0 ? 'finds nothing wrong with' : 'finds'} ${what}`, async () => {
      assert.deepEqual(await wrong(wanted, hosts), expected)
    })
  }
})

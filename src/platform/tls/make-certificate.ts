import 'reflect-metadata'
import { createPrivateKey, X509Certificate as NodeCertificate, randomBytes, webcrypto } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { LocalCertificate } from './authority.ts'
import { CA, CA_KEY, LEAF, LEAF_DAYS, LEAF_KEY } from './files.ts'
import { loopbackConstraints } from './name-constraints.ts'

/**
 * Makes the certificate, and the authority too where there is none that can be used, and writes both into `directory`.
 *
 * @param ca - PEM of the authority as it stands, or `null`.
 */
export async function makeCertificate(directory: string, ca: string | null, now: number): Promise<LocalCertificate> {
  const authority = (ca && (await authorityFrom(directory, ca, now))) || (await makeAuthority(directory, now))
  const leaf = await makeLeaf(authority, now)
  await writeFresh(join(directory, LEAF_KEY), leaf.key, 0o600)
  await writeFresh(join(directory, LEAF), leaf.cert, 0o600)
  return { ...leaf, ca: authority.pem }
}

const DAY = 86_400_000 // milliseconds
const CA_DAYS = 3650

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

interface Authority {
  readonly certificate: X509Certificate
  readonly key: webcrypto.CryptoKey
  readonly pem: string
}

/** The authority as it stands, so that browsers which trust it go on doing so; `null` when it can't be used. */
async function authorityFrom(directory: string, pem: string, now: number): Promise<Authority | null> {
  try {
    const certificate = new X509Certificate(pem)
    if (certificate.notAfter.getTime() < now + LEAF_DAYS * DAY) return null
    const keyPem = await readFile(join(directory, CA_KEY), 'utf8')
    if (!new NodeCertificate(pem).checkPrivateKey(createPrivateKey(keyPem))) return null
    const der = PemConverter.decodeFirst(keyPem)
    const key = await webcrypto.subtle.importKey('pkcs8', der, CURVE, false, ['sign'])
    return { certificate, key, pem }
  } catch {
    return null
  }
}

async function makeAuthority(directory: string, now: number): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Holdfast local authority ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + CA_DAYS * DAY),
    signingAlgorithm: CURVE,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new Extension(NAME_CONSTRAINTS, true, loopbackConstraints()),
    ],
  })
  const pem = certificate.toString('pem')
  await writeFresh(join(directory, CA_KEY), await pkcs8(keys.privateKey), 0o600)
  await writeFresh(join(directory, CA), pem, 0o600)
  return { certificate, key: keys.privateKey, pem }
}

async function makeLeaf(authority: Authority, now: number): Promise<{ key: string; cert: string }> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: authority.certificate.subject,
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + (LEAF_DAYS - 1) * DAY), // 90 days from its beginning
    signingAlgorithm: CURVE,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { key: await pkcs8(keys.privateKey), cert: certificate.toString('pem') }
}

const NAME_CONSTRAINTS = '2.5.29.30'

/** 127 random bits: positive, and never the same for two certificates. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function pkcs8(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

/** Under a temporary name first, and with its mode from the first byte: no reader sees half a key, nobody else any of it. */
async function writeFresh(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

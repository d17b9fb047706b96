import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { StartRefusal } from '../kernel/refusal.ts'

export interface CertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

/**
 * Looks at the configured certificate and key before any process is given them.
 *
 * @throws StartRefusal that names the setting whose file can't be read, is not what it should be, or is not the other's.
 */
export function refuseWrongCertificate({ certificateFile, keyFile }: CertificateFiles): void {
  const chain = read(CERTIFICATE, certificateFile)
  const certificate = parse(CERTIFICATE, NO_CHAIN, () => new X509Certificate(chain))
  const pem = read(KEY, keyFile)
  const key: KeyObject = parse(KEY, 'holds no private key; right would be one in PEM without a passphrase', () =>
    createPrivateKey(pem),
  )
  if (!certificate.checkPrivateKey(key)) {
    throw new StartRefusal(CERTIFICATE, `does not begin with the certificate of the key in ${KEY}`)
  }
  // The rest of the chain too.
  parse(CERTIFICATE, NO_CHAIN, () => createSecureContext({ cert: chain, key: pem }))
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StartRefusal(setting, `names a file that can not be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Without the cause: what OpenSSL says helps nobody, and it has just seen a key. */
function parse<T>(setting: string, problem: string, work: () => T): T {
  try {
    return work()
  } catch {
    throw new StartRefusal(setting, problem)
  }
}

const CERTIFICATE = 'HOLDFAST_TLS_CERT_FILE'
const KEY = 'HOLDFAST_TLS_KEY_FILE'
const NO_CHAIN = 'holds no certificate; right would be a chain in PEM that begins with the server’s own'

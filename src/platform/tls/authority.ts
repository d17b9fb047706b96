import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../kernel/time.ts'
import { CA, CA_KEY, LEAF, LEAF_DAYS, LEAF_KEY } from './files.ts'

/** PEM texts. `ca` is what a browser or a client has to trust. */
export interface LocalCertificate {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/**
 * A certificate for this machine's loopback names, by an authority that exists on this machine only and, by its name
 * constraints (RFC 5280, 4.2.1.10), can vouch for nothing else. Both are made on first use and kept in `directory`
 * (mode 0600, also where an earlier version or a copy left them in reach of others); the certificate is made anew when less
 * than a third of its 90 days is left.
 */
export async function localCertificate(directory: string, clock: Clock = systemClock): Promise<LocalCertificate> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await closeToOthers(directory)
  const now = clock.now()
  const stored = await readStored(directory)
  if (stored !== null && isFresh(stored, now)) return stored
  // Loaded when it is needed, once in weeks: it is large, and every start would wait for it.
  const { makeCertificate } = await import('./make-certificate.ts')
  return makeCertificate(directory, stored?.ca ?? null, now)
}

/** Takes the folder and its files out of the reach of others, before a key is read or written. */
async function closeToOthers(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const name of [CA_KEY, CA, LEAF_KEY, LEAF]) {
    await chmod(join(directory, name), 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error // the first start, or one that was cut short
    })
  }
}

async function readStored(directory: string): Promise<LocalCertificate | null> {
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8')
  try {
    return { key: await read(LEAF_KEY), cert: await read(LEAF), ca: await read(CA) }
  } catch {
    return null // the first start, or one that was cut short
  }
}

function isFresh({ key, cert, ca }: LocalCertificate, now: number): boolean {
  try {
    const leaf = new X509Certificate(cert)
    const authority = new X509Certificate(ca)
    const left = leaf.validToDate.getTime() - now
    if (left < (LEAF_DAYS / 3) * DAY || leaf.validFromDate.getTime() > now) return false
    return (
      leaf.verify(authority.publicKey) &&
      authority.validToDate.getTime() > now &&
      leaf.checkPrivateKey(createPrivateKey(key))
    )
  } catch {
    return false // damaged: made anew
  }
}

/** Milliseconds. */
const DAY = 86_400_000

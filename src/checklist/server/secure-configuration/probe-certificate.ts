import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import net from 'node:net'
import tls from 'node:tls'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { type DeployedTls, deploymentOf } from './probe-deployment.ts'

/** The certificate of a deployment: what visitors are shown, and the files it comes from. */
export const certificateClaims: readonly Claim[] = [
  {
    id: 'certificate-deployed',
    says: 'The certificate that is served is for the configured origins, strong, in force for a while yet, and its key is out of the reach of others.',
    level: 'where-present',
    needs: ['host'],
    effect: 'reads',
    on: 'original',
    keeps: days(1),
    byHand: 'openssl s_client -connect localhost:3443 </dev/null | openssl x509 -noout -dates -ext subjectAltName',
    present: async (context) =>
      (await deploymentOf(context.host.stateDirectory)).tls !== null || 'TLS ends elsewhere, or nothing runs',
    prove,
  },
]

async function prove(context: ProbeContext): Promise<void> {
  const { tls: place, hosts } = await deploymentOf(context.host.stateDirectory)
  if (place === null) throw new Unproved('nothing says where TLS is spoken')
  const served = await servedBy(place, hosts[0])
  context.record({
    side: 'positive',
    tried: `a TLS handshake with ${place.host}:${place.port}`,
    saw: `a certificate until ${served.validToDate.toISOString().slice(0, 10)}`,
    expected: 'a certificate',
    ok: true,
  })
  for (const { tried, saw, expected } of judgeCertificate(served, { hosts, now: context.clock.now() }))
    context.expect('negative', tried, saw, expected)
  const file = await readLeaf(place.certificateFile)
  const same = file === null ? 'unreadable' : file.raw.equals(served.raw) ? 'what is served' : 'another one'
  context.expect('negative', 'the certificate in its file', same, 'what is served')
  const key = await readFile(place.keyFile).then(createPrivateKey, () => null)
  const fits = key === null ? 'unreadable' : served.checkPrivateKey(key) ? 'its key' : 'another one'
  context.expect('negative', 'the key in its file', fits, 'its key')
  const modes = await Promise.all([modeOf(place.keyFile, 0o077), modeOf(place.certificateFile, 0o022)])
  context.expect('negative', 'others and the key', modes[0], 'kept out')
  context.expect('negative', 'others changing the certificate', modes[1], 'kept out')
}

export interface Judged {
  readonly tried: string
  readonly saw: string
  readonly expected: string
}

/**
 * What a certificate must be, from what it says itself.
 *
 * @param about.hosts - names and addresses it is to be for.
 * @see NIST SP 800-57 part 1 revision 5, 5.6.1: 112 bits of strength and more
 */
export function judgeCertificate(
  certificate: X509Certificate,
  { hosts, now }: { readonly hosts: readonly string[]; readonly now: number },
): readonly Judged[] {
  const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
  // A short-lived one has its own measure: what renews it does so in the last third.
  const ahead = Math.min(LEFT_DAYS * DAY, (to - from) / 4)
  const period =
    now < from ? 'not in force yet' : now > to ? 'over' : to - now < ahead ? `over in ${daysOf(to - now)}` : 'in force'
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails } = certificate.publicKey
  const bits = asymmetricKeyDetails?.modulusLength
  const strength =
    bits === undefined
      ? type === 'ec' && !STRONG_CURVES.has(asymmetricKeyDetails?.namedCurve ?? '')
        ? `the curve ${asymmetricKeyDetails?.namedCurve}`
        : 'enough'
      : bits >= LEAST_BITS
        ? 'enough'
        : `${bits} bits`
  const signature = certificate.signatureAlgorithm ?? 'unknown'
  return [
    { tried: `its period, and ${daysOf(ahead)} ahead`, saw: period, expected: 'in force' },
    ...hosts.map((host) => ({
      tried: `its names and ${host}`,
      saw: isFor(certificate, host) ? 'among them' : 'not among them',
      expected: 'among them',
    })),
    { tried: 'the strength of its key', saw: strength, expected: 'enough' },
    {
      tried: 'how it is signed',
      saw: signature === 'unknown' || /md[245]|sha-?1(?!\d)/i.test(signature) ? signature : 'by a sound digest',
      expected: 'by a sound digest',
    },
  ]
}

const isFor = (certificate: X509Certificate, host: string): boolean =>
  (net.isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !== undefined

/** The certificate shown to a visitor, whom nothing is believed of but that. */
function servedBy({ host, port }: DeployedTls, name: string | undefined): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const servername = name === undefined || net.isIP(name) !== 0 ? {} : { servername: name }
    // To look at it is the reason; nothing is sent.
    const socket = tls.connect({ host: LOCAL[host] ?? host, port, rejectUnauthorized: false, ...servername }, () => {
      const certificate = socket.getPeerX509Certificate()
      socket.destroy()
      if (certificate === undefined) reject(new Unproved('the handshake showed no certificate'))
      else resolve(certificate)
    })
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('no answer')))
    socket.once('error', (error) => reject(new Unproved(`no TLS at ${host}:${port} (${error.message})`)))
  })
}

const readLeaf = (file: string): Promise<X509Certificate | null> =>
  readFile(file).then(
    (pem) => new X509Certificate(pem),
    () => null,
  )

const modeOf = (file: string, mask: number): Promise<string> =>
  stat(file).then(
    ({ mode }) => ((mode & mask) === 0 ? 'kept out' : `mode ${(mode & 0o777).toString(8)}`),
    () => 'unreadable',
  )

const daysOf = (milliseconds: number): string => `${Math.round(milliseconds / DAY)} days`

/** Listening everywhere, it listens here too. */
const LOCAL: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
const STRONG_CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const LEAST_BITS = 2048
const LEFT_DAYS = 14
const DAY = 86_400_000
const LIMIT_MS = 10_000

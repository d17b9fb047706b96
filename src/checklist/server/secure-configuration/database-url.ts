import { Secret } from '../../../kernel/secret.ts'
import { isLoopback } from './parse.ts'
import { type Mode, WrongSetting } from './setting.ts'
import { ADMINISTRATORS, weakPassword } from './weak-secrets.ts'

/** Where a PostgreSQL is and who asks. */
export interface DatabaseTarget {
  /** Host name, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  /** `null`: each process uses its own role, with the password of its keyring. */
  readonly user: string | null
  readonly password: Secret | null
  /** `null`: a Unix socket. By TCP, loopback too, there is always TLS and the certificate is verified. */
  readonly tls: { readonly caFile?: string } | null
  /** As written in the URL; judged by {@link weakDatabase}. */
  readonly sslmode: string | null
}

/** `postgresql://db.example/notes?sslmode=verify-full`, or `postgresql:///notes?host=/run/postgresql`. */
export function parseDatabaseUrl(text: string): DatabaseTarget {
  const url = parse(text)
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw new WrongSetting(`has a parameter beyond ${PARAMETERS.join(', ')}; ${RIGHT}`)
  }
  const socket = url.searchParams.get('host')
  const named = url.hostname === NO_HOST ? '' : url.hostname
  if (socket !== null && (!socket.startsWith('/') || named !== '')) {
    throw new WrongSetting(`takes ?host= only for the directory of a Unix socket; ${RIGHT}`)
  }
  const host = socket ?? decode(named.replace(/^\[(.*)\]$/, '$1'))
  const database = decode(url.pathname.slice(1))
  if (host === '' || !/^[A-Za-z0-9_][A-Za-z0-9_$-]{0,62}$/.test(database)) {
    throw new WrongSetting(`must name host and database; ${RIGHT}`)
  }
  const sslmode = url.searchParams.get('sslmode')
  const caFile = url.searchParams.get('sslrootcert')
  const bySocket = host.startsWith('/')
  if (bySocket && caFile !== null) {
    throw new WrongSetting('names a CA (sslrootcert) for a Unix socket, by which there is no TLS; leave it out')
  }
  return Object.freeze({
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database,
    user: url.username === '' ? null : decode(url.username),
    password: url.password === '' ? null : new Secret(decode(url.password)),
    tls: bySocket ? null : Object.freeze(caFile === null ? {} : { caFile }),
    sslmode,
  })
}

/** Why it must not be used to serve. */
export function weakDatabase(target: DatabaseTarget, mode: Mode): string | null {
  const bySocket = target.host.startsWith('/')
  if (!bySocket && target.sslmode !== null && target.sslmode !== 'verify-full') {
    return 'does not verify who answers (sslmode); right would be sslmode=verify-full, or a Unix socket (?host=/run/postgresql)'
  }
  if (mode === 'dev' && (bySocket || isLoopback(target.host))) return null
  if (target.user !== null && ADMINISTRATORS.has(target.user)) {
    return 'signs in as an administrator of PostgreSQL; right would be the runtime role'
  }
  if (target.password === null) return null
  const weak = weakPassword(target.password.release(), target.user, target.database, target.host)
  return weak === null ? null : `has a password that ${weak}; right would be one of 128 random bits`
}

function parse(text: string): URL {
  // A URL without a host is fine here and not for the parser, least of all where it names a user.
  const withHost = text.replace(/^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)\//, `$1${NO_HOST}/`)
  let url: URL
  try {
    url = new URL(withHost)
  } catch {
    throw new WrongSetting(`must be the URL of a PostgreSQL; ${RIGHT}`)
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw new WrongSetting(`must be the URL of a PostgreSQL; ${RIGHT}`)
  }
  if (url.hash !== '') throw new WrongSetting(`has a # that must be written %23; ${RIGHT}`)
  return url
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new WrongSetting(`has a % that must be written %25; ${RIGHT}`)
  }
}

const NO_HOST = 'holdfast-no-host'
const PARAMETERS = ['sslmode', 'sslrootcert', 'host']
const RIGHT = 'right would be postgresql://db.example/notes?sslmode=verify-full'

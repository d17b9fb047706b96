import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkServerIdentity } from 'node:tls'
import pg from 'pg'
import type { Connection } from './database.ts'
import { DatabaseError, toRefusal } from './errors.ts'

export interface ConnectOptions {
  readonly connection: Connection
  readonly application: string
  /** Milliseconds. */
  readonly statementTimeout: number
  /** Milliseconds until the connection must stand. Default 5,000. */
  readonly connectTimeout?: number | undefined
  /** Speaks the replication protocol. Default false. */
  readonly replication?: boolean | undefined
}

/**
 * Opens one connection with `pg`, which does TLS and SCRAM, and hands over its bare stream: authenticated, idle, nobody
 * listening to its data.
 *
 * @throws Refusal `database-unavailable` when it can not be had, for whatever reason.
 */
export async function connect(options: ConnectOptions): Promise<Duplex> {
  const {
    connection: { stream },
  } = await connectClient(options)
  stream.removeAllListeners('data')
  return stream
}

/** The same as a client of `pg`, for {@link openSession}. */
export async function connectClient({
  connection,
  application,
  statementTimeout,
  connectTimeout = CONNECT_TIMEOUT_MS,
  replication = false,
}: ConnectOptions): Promise<pg.Client> {
  // Whatever is said of TLS: a socket's file has its owner, and anything else must prove who it is.
  const local = connection.host.startsWith('/')
  const client = new pg.Client({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    // Asked for only when the server asks.
    password: () => connection.password.release(),
    // Explicit, so that no PG* variable of the environment has a say.
    ssl: local ? false : tlsOptions(connection.tls ?? {}, connection.host),
    enableChannelBinding: !local,
    application_name: application.slice(0, 63),
    options: sessionOptions(statementTimeout),
    keepAlive: true,
    connectionTimeoutMillis: connectTimeout,
    ...(replication ? { replication: 'true' } : {}),
  })
  // The end of the connection is told by the stream from here on; pg's own report of it has no other reader.
  client.on('error', () => {})
  const connected = client.connect()
  const { connection: wire } = client
  for (const weak of ['authenticationCleartextPassword', 'authenticationMD5Password']) {
    // A server that asks for the password itself, or for its MD5, is not ours: it would learn it.
    wire.removeAllListeners(weak)
    wire.on(weak, () =>
      wire.emit(
        'error',
        new DatabaseError({ code: '08P01', message: 'the server asks for another way of authentication than SCRAM' }),
      ),
    )
  }
  try {
    await connected
  } catch (error) {
    wire.stream.destroy()
    const refusal = toRefusal(error)
    throw refusal.code === 'unexpected'
      ? toRefusal(new DatabaseError({ code: '08001', message: messageOf(error) }))
      : refusal
  }
  return client
}

function tlsOptions(tls: NonNullable<Connection['tls']>, host: string): object {
  const servername = tls.servername ?? host
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(isIP(servername) === 0 ? { servername } : {}),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(servername, certificate),
  }
}

/**
 * Settings of the session, given with the start-up message. Formats are fixed, since values are read by them; limits
 * hold even where the role has none.
 */
function sessionOptions(statementTimeout: number): string {
  return Object.entries({
    statement_timeout: statementTimeout,
    lock_timeout: Math.ceil(statementTimeout * 0.8),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    timezone: 'UTC',
    datestyle: 'ISO',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
  })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'the connection failed')

const CONNECT_TIMEOUT_MS = 5_000
/** A transaction in which the server waits for us this long has lost its owner, and holds back everybody's vacuum. */
const IDLE_IN_TRANSACTION_MS = 10_000

import { join } from 'node:path'
import { type Configuration, resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { ensureKeyrings, type Keyrings } from '../platform/keys/index.ts'
import { type Cluster, openCluster } from '../platform/postgres/index.ts'
import { localCertificate } from '../platform/tls/authority.ts'
import { placeOf } from './database-place.ts'
import type { DatabasePlace } from './messages.ts'
import { choosePort } from './ports.ts'
import { openProcesses, type Processes } from './processes.ts'
import {
  CERTIFICATE,
  CERTIFICATE_KEY,
  holdStateDirectory,
  openStateDirectory,
  type StateDirectory,
} from './state-directory.ts'

export interface RunOptions {
  /** Absolute path of the application's module. */
  readonly application: string
  readonly definition: BackendDefinition
  readonly environment: NodeJS.ProcessEnv
  /** Lines for people. */
  readonly tell: (line: string) => void
  /** Ends the start when aborted; what was started by then is stopped, and the reason thrown. */
  readonly signal: AbortSignal
}

/**
 * Runs a backend on loopback with all its processes. Without `DATABASE_URL` PostgreSQL is one of them, and its database is
 * prepared and migrated as the declaration changes.
 *
 * @param options.reloads - `reload` will be called, and should be quick.
 */
export async function startDevelopment(
  options: RunOptions & { readonly reloads: boolean },
): Promise<Processes & { readonly stateDirectory: string }> {
  const { application, definition, environment, tell, signal } = options
  const configuration = resolveConfiguration({ environment, mode: 'dev' })
  const outside = configuration.database === null ? null : placeOf('DATABASE_URL', configuration.database)
  const state = openStateDirectory(configuration.stateDirectory)
  const lock = await holdStateDirectory(state)
  const opened = [() => lock.release()]
  const stop = async (): Promise<void> => {
    for (const close of opened.reverse()) await close()
  }
  try {
    const keyrings = ensureKeyrings(state.keys)
    await localCertificate(state.tls)
    const certificate = { keyFile: join(state.root, CERTIFICATE_KEY), certificateFile: join(state.root, CERTIFICATE) }
    const processes = openProcesses({
      definition,
      configuration,
      state,
      keyrings,
      application,
      certificate,
      environment,
      tell,
      print: tell,
      spare: options.reloads,
      signal,
    })
    opened.push(() => processes.stop())
    const embedded = outside === null ? await startDatabase(state, definition, keyrings, tell) : null
    // Between the lock and the processes: what is opened first is stopped last.
    if (embedded !== null) opened.splice(1, 0, () => embedded.stop())
    signal.throwIfAborted()
    const database: DatabasePlace = outside ?? {
      host: embedded?.socketDirectory ?? '',
      port: embedded?.port ?? 0,
      database: databaseName(definition),
      tls: null,
    }
    const httpsPort = await port(configuration, 'port', tell)
    const httpPort = configuration.httpPort === null ? null : await port(configuration, 'httpPort', tell)
    const https = `https://localhost:${httpsPort}`
    const http = httpPort === null ? null : `http://localhost:${httpPort}`
    await processes.start({
      server: {
        mode: 'dev',
        application,
        stateDirectory: state.root,
        database,
        certificate,
        httpsPort,
        httpPort,
        host: configuration.host,
        publicOrigins: http === null ? [https] : [https, http],
        outbox: configuration.smtp === null ? state.outbox : null,
      },
      operator: {
        application,
        stateDirectory: state.root,
        database,
        // A first visit over plain HTTP on loopback meets no warning about a certificate.
        publicOrigin: http ?? https,
        prepare: outside === null,
      },
    })
    return { stateDirectory: state.root, reload: (code) => processes.reload(code), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts the embedded PostgreSQL, and again, with growing pauses, when it ends unasked; the server answers 503 meanwhile. */
async function startDatabase(
  state: StateDirectory,
  definition: BackendDefinition,
  keyrings: Keyrings,
  tell: (line: string) => void,
): Promise<Pick<Cluster, 'socketDirectory' | 'port' | 'stop'>> {
  const cluster = await openCluster({
    directory: state.database,
    password: keyrings.operator.password('dba'),
    replicationRole: roleName(definition, 'backup'),
    log: tell,
  })
  let pause = FIRST_PAUSE_MS
  let timer: NodeJS.Timeout | undefined
  let reviving: Promise<void> = Promise.resolve()
  let stopped = false
  const revive = async (): Promise<void> => {
    try {
      await cluster.restart()
      pause = FIRST_PAUSE_MS
      if (!stopped) tell('PostgreSQL runs again')
    } catch (error) {
      if (stopped) return
      tell(`PostgreSQL does not start: ${error instanceof Error ? error.message : String(error)}`)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      later()
    }
  }
  const later = (): void => {
    if (stopped) return
    timer = setTimeout(() => {
      reviving = revive()
    }, pause)
  }
  cluster.onExit(later)
  return {
    socketDirectory: cluster.socketDirectory,
    port: cluster.port,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await reviving
      await cluster.stop('fast')
    },
  }
}

async function port(
  configuration: Configuration,
  which: 'port' | 'httpPort',
  tell: (line: string) => void,
): Promise<number> {
  const wanted = configuration[which] ?? 0
  const chosen = await choosePort(configuration.host, wanted, !configuration.given.has(which))
  if (chosen !== wanted) tell(`port ${wanted} is taken; using ${chosen}`)
  return chosen
}

const databaseName = (definition: BackendDefinition): string => definition.name.replaceAll('-', '_')

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

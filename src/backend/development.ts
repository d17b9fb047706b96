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
import { type Processes, startProcesses } from './processes.ts'
import { CERTIFICATE, CERTIFICATE_KEY, openStateDirectory, type StateDirectory } from './state-directory.ts'

export interface RunOptions {
  /** Absolute path of the application's module. */
  readonly application: string
  readonly definition: BackendDefinition
  readonly environment: NodeJS.ProcessEnv
  readonly tell: (line: string) => void
}

/**
 * Runs a backend on loopback with all its processes. Without `DATABASE_URL` PostgreSQL is one of them, and its database is
 * prepared and migrated as the declaration changes.
 */
export async function startDevelopment(options: RunOptions): Promise<Processes> {
  const { application, definition, environment, tell } = options
  const configuration = resolveConfiguration({ environment, mode: 'dev' })
  const state = openStateDirectory(configuration.stateDirectory)
  const keyrings = ensureKeyrings(state.keys)
  await localCertificate(state.tls)
  const outside = configuration.database
  const embedded = outside === null ? await startDatabase(state, definition, keyrings, tell) : null
  try {
    const database: DatabasePlace =
      embedded === null || outside !== null
        ? placeOf('DATABASE_URL', outside as NonNullable<typeof outside>)
        : { host: embedded.socketDirectory, port: embedded.port, database: databaseName(definition), tls: null }
    const httpsPort = await port(configuration, 'port', tell)
    const httpPort = configuration.httpPort === null ? null : await port(configuration, 'httpPort', tell)
    const https = `https://localhost:${httpsPort}`
    const http = httpPort === null ? null : `http://localhost:${httpPort}`
    const processes = await startProcesses({
      definition,
      configuration,
      state,
      keyrings,
      environment,
      tell,
      server: {
        mode: 'dev',
        application,
        stateDirectory: state.root,
        database,
        certificate: { keyFile: join(state.root, CERTIFICATE_KEY), certificateFile: join(state.root, CERTIFICATE) },
        httpsPort,
        httpPort,
        host: configuration.host,
        publicOrigins: http === null ? [https] : [https, http],
      },
      operator: {
        application,
        stateDirectory: state.root,
        database,
        // A first visit over plain HTTP on loopback meets no warning about a certificate.
        publicOrigin: http ?? https,
        prepare: embedded !== null,
      },
    })
    return {
      reload: () => processes.reload(),
      async stop() {
        await processes.stop()
        await embedded?.stop('fast')
      },
    }
  } catch (error) {
    await embedded?.stop('fast')
    throw error
  }
}

/** Starts the embedded PostgreSQL, and again, with growing pauses, when it ends unasked; the server answers 503 meanwhile. */
async function startDatabase(
  state: StateDirectory,
  definition: BackendDefinition,
  keyrings: Keyrings,
  tell: (line: string) => void,
): Promise<Cluster> {
  const cluster = await openCluster({
    directory: state.database,
    password: keyrings.operator.password('dba'),
    replicationRole: roleName(definition, 'backup'),
    log: tell,
  })
  let pause = FIRST_PAUSE_MS
  const revive = (): void => {
    setTimeout(() => {
      cluster.restart().then(
        () => {
          tell('PostgreSQL runs again')
          pause = FIRST_PAUSE_MS
        },
        (error: unknown) => {
          tell(`PostgreSQL does not start: ${error instanceof Error ? error.message : String(error)}`)
          pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
          revive()
        },
      )
    }, pause)
  }
  cluster.onExit(revive)
  return cluster
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

import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { ensureKeyrings } from '../platform/keys/index.ts'
import { refuseWrongCertificate } from './certificate-files.ts'
import { placeOf } from './database-place.ts'
import type { RunOptions } from './development.ts'
import { choosePort } from './ports.ts'
import { openProcesses, type Processes } from './processes.ts'
import { holdStateDirectory, openStateDirectory } from './state-directory.ts'

/** Runs a backend by production's rules: an outside PostgreSQL that `migrate` prepared, certificates of its own or an edge in front. */
export async function startProduction(options: RunOptions): Promise<Processes> {
  const { application, definition, environment, tell, signal } = options
  const configuration = resolveConfiguration({ environment, mode: 'start' })
  const { publicOrigin, tlsCertificateFile, tlsKeyFile } = configuration
  if (configuration.database === null || publicOrigin === null) {
    throw new StartRefusal('DATABASE_URL', 'is missing; production runs on a PostgreSQL of its own')
  }
  if (configuration.httpPort !== null) {
    throw new StartRefusal(
      'HOLDFAST_HTTP_PORT',
      'is not offered in production yet; leave it out and let the edge redirect',
    )
  }
  const database = placeOf('DATABASE_URL', configuration.database)
  const secure = tlsCertificateFile !== null && tlsKeyFile !== null
  const certificate = secure ? { keyFile: tlsKeyFile, certificateFile: tlsCertificateFile } : null
  if (certificate !== null) refuseWrongCertificate(certificate)
  const state = openStateDirectory(configuration.stateDirectory)
  const lock = await holdStateDirectory(state)
  const opened = [() => lock.release()]
  const stop = async (): Promise<void> => {
    for (const close of opened.reverse()) await close()
  }
  try {
    const port = await choosePort(configuration.host, configuration.port, false)
    const processes = openProcesses({
      definition,
      configuration,
      state,
      keyrings: ensureKeyrings(state.keys),
      application,
      certificate,
      environment,
      tell,
      spare: false,
      signal,
    })
    opened.push(() => processes.stop())
    await processes.start({
      server: {
        mode: 'start',
        application,
        stateDirectory: state.root,
        database,
        certificate,
        httpsPort: secure ? port : null,
        httpPort: secure ? null : port,
        host: configuration.host,
        publicOrigins: [publicOrigin],
        outbox: null,
      },
      operator: { application, stateDirectory: state.root, database, publicOrigin, prepare: false },
    })
    return { reload: (code) => processes.reload(code), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

import { join } from 'node:path'
import {
  type Configuration,
  openingsOf,
  resolveConfiguration,
} from '../../checklist/server/secure-configuration/index.ts'
import { type HostVantage, TWIN_PROXY } from '../../kernel/vantage.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import { definitionHash } from '../definition-hash.ts'
import { type Running, writeRunning } from '../running-file.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from '../state-directory.ts'
import { hostVantage } from './host-vantage.ts'
import { DEVELOPMENT, type RunningTwin, startTwin } from './twin.ts'
import type { TwinFault } from './twin-faults.ts'
import { openTwinHost, type TwinHost } from './twin-host.ts'

/** A twin as `check` takes it. */
export interface BuiltTwin extends RunningTwin {
  readonly host: HostVantage
  readonly definitionHash: string
}

export interface TwinBuilder {
  build(options?: { readonly fault?: TwinFault }): Promise<BuiltTwin>
  close(): Promise<void>
}

/** Makes twins of a definition; the host they share is started with the first. */
export function twinBuilder(definition: BackendDefinition, application: string): TwinBuilder {
  let host: Promise<TwinHost> | undefined
  const hash = definitionHash(definition)
  return {
    async build(options = {}) {
      host ??= openTwinHost(definition, { identities: true })
      const shared = await host
      const configuration = resolveConfiguration({
        environment: {
          // A page of another site that is let in, so that the difference to those that are not can be seen.
          HOLDFAST_ALLOWED_ORIGINS: 'https://pages.holdfast.test',
          // Longer than the default, so that a constant in its place can be seen.
          HOLDFAST_FACTOR_RESET_HOURS: '30',
          HOLDFAST_TRUSTED_PROXIES: TWIN_PROXY,
        },
        mode: 'dev',
      })
      const twin = await startTwin(shared, { configuration, ownHasher: true, ...options })
      // As an original has it, so that what is only read of one can be seen to fail on a twin.
      writeRunning({ root: twin.stateDirectory }, runningOf(shared, twin, configuration, hash))
      return {
        ...twin,
        host: hostVantage(twin.stateDirectory, application, environmentOf(shared, twin, options.fault), twin.ca),
        definitionHash: hash,
      }
    },
    async close() {
      await (await host?.catch(() => undefined))?.close()
    },
  }
}

const runningOf = (
  { cluster, directory }: TwinHost,
  { origins, ports, databaseName }: RunningTwin,
  configuration: Configuration,
  hash: string,
): Running => ({
  pid: process.pid,
  origins,
  tls: {
    host: '127.0.0.1',
    port: ports[0] ?? 0,
    certificateFile: join(directory, CERTIFICATE),
    keyFile: join(directory, CERTIFICATE_KEY),
  },
  database: { host: cluster.socketDirectory, port: cluster.port, database: databaseName, tls: null },
  definitionHash: hash,
  opens: openingsOf(configuration).map(({ variable }) => variable),
  factorResetHours: configuration.factorResetHours,
})

/**
 * What makes the twin's backend start as a process of its own, on the twin's database and keyrings; its port is chosen for each start. A fault's setting
 * `startEnvironment` goes over it: what a faulty entry point or image would put there.
 */
function environmentOf(
  host: TwinHost,
  twin: RunningTwin,
  fault: TwinFault | undefined,
): Readonly<Record<'dev' | 'start', Readonly<Record<string, string>>>> {
  const { directory, cluster } = host
  const parameters = new URLSearchParams({ host: cluster.socketDirectory })
  const planted = (fault?.settings.startEnvironment ?? {}) as Readonly<Record<string, string>>
  return {
    dev: { HOLDFAST_STATE: join(twin.stateDirectory, DEVELOPMENT), ...planted },
    start: {
      ...planted,
      HOLDFAST_STATE: twin.stateDirectory,
      DATABASE_URL: `postgresql:///${twin.databaseName}?${parameters}`,
      HOLDFAST_HOST: '127.0.0.1',
      // Nothing listens there: whoever starts it only wants to see whether it starts.
      HOLDFAST_SMTP_URL: 'smtps://127.0.0.1:1',
      HOLDFAST_MAIL_FROM: 'twin@holdfast.test',
      HOLDFAST_TLS_CERT_FILE: join(directory, CERTIFICATE),
      HOLDFAST_TLS_KEY_FILE: join(directory, CERTIFICATE_KEY),
    },
  }
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a backend says of itself where it runs, as far as probes look at it. */
export interface Deployment {
  /** Of the supervisor. */
  readonly pid: number | null
  /** Names of the settings that open something. */
  readonly opens: readonly string[]
  /** Host names and addresses by which browsers know it. */
  readonly hosts: readonly string[]
  /** `null` where it speaks no TLS itself. */
  readonly tls: DeployedTls | null
}

export interface DeployedTls {
  readonly host: string
  readonly port: number
  readonly certificateFile: string
  readonly keyFile: string
}

/** Reads `running.json`; what is not there, or not of its form, is absent. */
export async function deploymentOf(stateDirectory: string): Promise<Deployment> {
  const text = await readFile(join(stateDirectory, 'running.json'), 'utf8').catch(() => '{}')
  const { pid, opens, origins, tls } = JSON.parse(text) as Readonly<Record<string, unknown>>
  return {
    pid: typeof pid === 'number' ? pid : null,
    opens: Array.isArray(opens) ? opens.map(String) : [],
    hosts: (Array.isArray(origins) ? origins : [])
      .map(String)
      .filter((origin) => origin.startsWith('https:'))
      .flatMap((origin) => URL.parse(origin)?.hostname.replace(/^\[|\]$/g, '') ?? []),
    tls: typeof tls === 'object' && tls !== null ? (tls as DeployedTls) : null,
  }
}

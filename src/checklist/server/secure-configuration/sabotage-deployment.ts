import { appendFile, chmod, cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { type LocalCertificate, localCertificate } from '../../../platform/tls/authority.ts'
import type { SecureConfiguration } from './control.ts'

/** What goes wrong where a backend runs, after it was built well: a twin stands for the deployment. */
export const deploymentSabotages: readonly Sabotage<SecureConfiguration>[] = [
  {
    name: 'state-restored-readable',
    fault: 'A backup brought the state directory back with the modes that the backup tool liked.',
    leaves: 'present',
    caughtBy: ['file-modes-deployed'],
    plant: (plan) => plan.host((stateDirectory) => chmod(join(stateDirectory, 'running.json'), 0o644)),
  },
  {
    name: 'opened-by-an-unknown-setting',
    fault: 'The image sets something that opens the backend further than production may.',
    leaves: 'present',
    caughtBy: ['opening-settings-deployed'],
    plant: (plan) =>
      plan.host((stateDirectory) => changeRunning(stateDirectory, () => ({ opens: ['HOLDFAST_TRUST_EVERYBODY'] }))),
  },
  {
    name: 'certificate-nearly-over',
    fault: 'What renews the certificate failed for weeks, and nobody was told.',
    leaves: 'present',
    caughtBy: ['certificate-deployed'],
    plant: (plan) => {
      const nodes: Servers[] = []
      plan.server((server) => void nodes.push(server as Servers))
      plan.host(async (stateDirectory) => {
        const folder = await mkdtemp(join(tmpdir(), 'holdfast-certificate-'))
        try {
          const old = await localCertificate(folder, { now: () => Date.now() - 85 * DAY })
          await replaceCertificate(stateDirectory, old)
          for (const { server } of nodes) server.setSecureContext(old)
        } finally {
          await rm(folder, { recursive: true })
        }
      })
    },
  },
  {
    name: 'certificate-renewed-unseen',
    fault: 'The certificate was renewed in its file; the server was not told and serves the old one to its end.',
    leaves: 'present',
    caughtBy: ['certificate-deployed'],
    plant: (plan) =>
      plan.host(async (stateDirectory) => {
        const folder = await mkdtemp(join(tmpdir(), 'holdfast-certificate-'))
        try {
          await replaceCertificate(stateDirectory, await localCertificate(folder))
        } finally {
          await rm(folder, { recursive: true })
        }
      }),
  },
  {
    name: 'cookies-in-the-log',
    fault: 'Somebody looked for a mistake and logged the header fields of requests.',
    leaves: 'present',
    caughtBy: ['log-deployed'],
    plant: (plan) =>
      plan.host((stateDirectory) =>
        appendFile(
          logOf(stateDirectory),
          `${JSON.stringify({ level: 'debug', time: new Date().toISOString(), pid: 1, name: 'server', headers: { cookie: `__Host-session=${'k'.repeat(43)}` }, msg: 'headers' })}\n`,
        ),
      ),
  },
  {
    name: 'log-moved-away',
    fault: 'A log rotation of the system moved the file; what runs goes on writing into the one that is gone.',
    leaves: 'present',
    caughtBy: ['log-deployed'],
    plant: (plan) =>
      plan.host(async (stateDirectory) => {
        const log = logOf(stateDirectory)
        await rename(log, `${log}.moved`)
        await cp(`${log}.moved`, log)
        await chmod(log, 0o600)
      }),
  },
]

/** As much of the server as a fault of its certificate needs to know. */
interface Servers {
  readonly server: { setSecureContext(given: { readonly key: string; readonly cert: string }): void }
}

/** Has the deployment name other files, with this certificate in them: those of the twin are shared by all. */
async function replaceCertificate(stateDirectory: string, { cert, key }: LocalCertificate): Promise<void> {
  const [certificateFile, keyFile] = [join(stateDirectory, 'other.pem'), join(stateDirectory, 'other-key.pem')]
  await writeFile(certificateFile, cert, { mode: 0o600 })
  await writeFile(keyFile, key, { mode: 0o600 })
  await changeRunning(stateDirectory, ({ tls }) => ({ tls: { ...(tls as object), certificateFile, keyFile } }))
}

async function changeRunning(
  stateDirectory: string,
  change: (running: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Promise<void> {
  const file = join(stateDirectory, 'running.json')
  const running = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, `${JSON.stringify({ ...running, ...change(running) })}\n`, { mode: 0o600 })
}

const logOf = (stateDirectory: string): string => join(stateDirectory, 'log', 'server.log')

const DAY = 86_400_000

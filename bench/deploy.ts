import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CERTIFICATE, CERTIFICATE_KEY } from '../src/backend/state-directory.ts'
import type { TwinHost } from '../src/backend/twin/twin-host.ts'

/** `holdfast start` as it is deployed: supervisor, server, hasher and worker. */
export interface Deployed {
  readonly port: number
  /** Of the supervisor. */
  readonly pid: number
  stop(): Promise<void>
}

/** Starts the bench's application by production's rules on a database of the host. */
export async function deploy(host: TwinHost, database: string, port: number): Promise<Deployed> {
  const state = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  await cp(join(host.directory, 'keys'), join(state, 'keys'), { recursive: true })
  await chmod(join(state, 'keys'), 0o700)
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path('../src/cli/main.ts'), 'start', path('./application.ts')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        HOLDFAST_STATE: state,
        DATABASE_URL: `postgresql:///${database}?${new URLSearchParams({ host: host.cluster.socketDirectory })}`,
        HOLDFAST_HOST: '127.0.0.1',
        HOLDFAST_PORT: String(port),
        HOLDFAST_PUBLIC_ORIGIN: `https://localhost:${port}`,
        // Nothing listens there: no mail is sent.
        HOLDFAST_SMTP_URL: 'smtps://127.0.0.1:1',
        HOLDFAST_MAIL_FROM: 'bench@holdfast.test',
        HOLDFAST_TLS_CERT_FILE: join(host.directory, CERTIFICATE),
        HOLDFAST_TLS_KEY_FILE: join(host.directory, CERTIFICATE_KEY),
      },
    },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const atExit = (): void => void child.kill('SIGTERM')
  process.once('exit', atExit)
  const stop = async (): Promise<void> => {
    process.off('exit', atExit)
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(timer)
    await rm(state, { recursive: true, force: true })
  }
  try {
    await running(child, ended)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, pid: child.pid ?? 0, stop }
}

function running(child: ChildProcess, ended: Promise<void>): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (data: Buffer) => {
      said = (said + data).slice(-4_096)
      if (said.includes(' is running (')) resolve()
    })
    void ended.then(() => reject(new Error(`the deployed backend ended: ${said}`)))
  })
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removePlace } from '../../src/platform/postgres/place.ts'

/** The notes application, running as its developer runs it: all processes, a database of its own, a fresh state directory. */
export interface RunningNotes {
  readonly http: string
  readonly https: string
  /** The path of the link that makes the first owner. */
  readonly enrolment: string
  /** Ends all processes and removes what they kept. */
  stop(): Promise<void>
}

export async function startNotes(): Promise<RunningNotes> {
  const state = await mkdtemp(join(tmpdir(), 'holdfast-browser-'))
  const [httpsPort, httpPort] = [await freePort(), await freePort()]
  const child = spawn(
    process.execPath,
    [
      ...['src/cli/main.ts', 'dev', 'examples/notes/backend.ts', '--no-watch'],
      ...['--state', state, '--port', String(httpsPort), '--http-port', String(httpPort)],
    ],
    { cwd: ROOT, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = once(child, 'exit')
  const endIt = (): void => void child.kill('SIGTERM')
  process.once('exit', endIt)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    process.removeListener('exit', endIt)
    await removePlace(join(state, 'database'))
    await rm(state, { recursive: true, force: true })
  }
  try {
    const said = await saidUntil(child, /is running/, ended)
    const enrolment = /\/enrol\/[\w-]{43}/.exec(said)?.[0]
    if (enrolment === undefined) throw new Error(`no enrolment link was printed:\n${said}`)
    return { http: `http://localhost:${httpPort}`, https: `https://localhost:${httpsPort}`, enrolment, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What a process printed up to a line that fits; throws what it printed when it ends, or says nothing more for a minute. */
async function saidUntil(child: ReturnType<typeof spawn>, sign: RegExp, ended: Promise<unknown>): Promise<string> {
  let said = ''
  const seen = new Promise<void>((resolve) => {
    const hear = (piece: Buffer): void => {
      said += piece.toString('utf8')
      if (sign.test(said)) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
  })
  const patience = new AbortController()
  const tooLate = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, START_LIMIT_MS)
    patience.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  await Promise.race([seen, ended, tooLate])
  patience.abort()
  if (!sign.test(said)) throw new Error(`the notes application did not start:\n${said}`)
  return said
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

const START_LIMIT_MS = 60_000
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Without settings of whoever runs the tests: they are for another backend, and names it does not know stop its start. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(HOLDFAST_|PG|DATABASE_)/.test(name)),
)

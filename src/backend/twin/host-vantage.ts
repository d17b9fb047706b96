import { spawn } from 'node:child_process'
import { cp, mkdtemp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Unproved } from '../../kernel/claim.ts'
import type { HostVantage, StartAttempt } from '../../kernel/vantage.ts'
import { filesBelow } from '../files.ts'
import { freePorts } from './free-ports.ts'

const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'cli', 'main.ts')

/**
 * The twin's machine: the files of its state directory, and starts of the backend as the process it really is, with
 * settings of the probe's choice.
 *
 * @param environment - what makes a `start` succeed, by mode; the probe's settings go over it.
 * @param ca - PEM of the authority of the certificate that a `start` serves with.
 */
export function hostVantage(
  stateDirectory: string,
  application: string,
  environment: Readonly<Record<'dev' | 'start', Readonly<Record<string, string>>>>,
  ca: string,
): HostVantage {
  return {
    stateDirectory,
    files: () => filesBelow(stateDirectory),
    async start(settings, mode, during) {
      const own = mode === 'start' ? await ownState(stateDirectory) : {}
      for (let left = TRIES; ; left--) {
        const place = await freePlace()
        // Another process may have taken a port that was free a moment ago: also the one that a probe has looked for.
        const asked = left === TRIES ? settings : { ...settings, HOLDFAST_PORT: place.HOLDFAST_PORT }
        const whole = over({ ...environment[mode], ...own, ...(mode === 'start' ? place : {}) }, asked)
        const running = {
          origin: `https://localhost:${whole.HOLDFAST_PORT ?? ''}`,
          ca,
          stateDirectory: whole.HOLDFAST_STATE ?? '',
        }
        const found = await attempt(application, mode, whole, during && (() => during(running)))
        if (left === 1 || !portWasTaken(found)) return found
      }
    },
  }
}

/** A port that nothing listens on at the moment, and the address by which browsers would know it. */
async function freePlace(): Promise<Readonly<Record<'HOLDFAST_PORT' | 'HOLDFAST_PUBLIC_ORIGIN', string>>> {
  const [port] = await freePorts(1)
  return { HOLDFAST_PORT: String(port), HOLDFAST_PUBLIC_ORIGIN: `https://localhost:${port}` }
}

/** Whether the start ended since somebody else had the port: as our line says it, or as the system does a moment later. */
export const portWasTaken = ({ outcome, stderr }: Pick<StartAttempt, 'outcome' | 'stderr'>): boolean =>
  outcome !== 'started' && /^port \d+: is taken;|\bEADDRINUSE\b/m.test(stderr)

/** Claims start the backend side by side, and one state directory is for one backend: each gets the twin's keys in its own. */
async function ownState(stateDirectory: string): Promise<Readonly<Record<'HOLDFAST_STATE', string>>> {
  const own = await mkdtemp(join(stateDirectory, 'start-'))
  await cp(join(stateDirectory, 'keys'), join(own, 'keys'), { recursive: true })
  return { HOLDFAST_STATE: own }
}

type Settings = Readonly<Record<string, string | undefined>>

/** What a faulty entry point has Node do is not undone by what a probe has it do. */
function over(environment: Settings, settings: Settings): Settings {
  const options = [environment.NODE_OPTIONS, settings.NODE_OPTIONS].filter((one) => one !== undefined)
  return { ...environment, ...settings, ...(options.length === 0 ? {} : { NODE_OPTIONS: options.join(' ') }) }
}

/** Runs the command line until it says that it is running (and `during` is over), ends, or takes too long; then ends it. */
function attempt(
  application: string,
  mode: 'dev' | 'start',
  settings: Settings,
  during: (() => Promise<void>) | undefined,
): Promise<StartAttempt> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, mode, application, ...(mode === 'dev' ? ['--no-watch'] : [])],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...settings },
      },
    )
    let stdout = ''
    let stderr = ''
    let started = false
    let over = during === undefined
    let late = false
    let failure: { readonly error: unknown } | undefined
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGTERM')
    }, LIMIT_MS)
    child.stdout.on('data', (data: Buffer) => {
      stdout = (stdout + data).slice(-MAX_OUTPUT)
      if (started || !stdout.includes(' is running (')) return
      started = true
      Promise.resolve(during?.())
        .catch((error: unknown) => {
          failure = { error }
        })
        .finally(() => {
          over = true
          child.kill('SIGTERM')
        })
    })
    child.stderr.on('data', (data: Buffer) => {
      stderr = (stderr + data).slice(-MAX_OUTPUT)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      // Too slow is no answer: it neither started nor refused.
      if (late && !started)
        return reject(new Unproved(`the backend neither started nor refused within ${LIMIT_MS / 1000} s`))
      if (failure !== undefined) return reject(failure.error)
      // One that ended by itself while it was looked at started in vain.
      return resolve({ outcome: started && over ? 'started' : (code ?? -1), stdout, stderr })
    })
  })
}

const TRIES = 4
/** A first start makes a database. */
const LIMIT_MS = 45_000
const MAX_OUTPUT = 65_536

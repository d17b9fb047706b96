import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Session } from '../src/platform/database/open-session.ts'
import { answers, open, requestBytes } from './ask.ts'
import type { Deployed } from './deploy.ts'
import { signIn } from './load.ts'
import { familyOf, forgetPeaks, memoryOf } from './processes.ts'
import { atMost, percentile, type Result } from './result.ts'
import type { Steady, SteadyAnswers } from './steady-requests.ts'

export interface FloodOptions {
  readonly rounds: number
  readonly people: readonly string[]
  readonly password: string
  readonly noteId: string
  /** Who asks for other routes meanwhile. */
  readonly member: { readonly email: string; readonly password: string }
  /** The administrator's connection to the database. */
  readonly admin: Session
}

/** What became of one flood. */
interface Flood {
  readonly signedIn: number
  readonly toldToWait: number
  /** Answers that are neither, and connections that got none. */
  readonly otherwise: readonly string[]
  readonly seconds: number
  /** MiB over idle: at most during it, and some time after it. */
  readonly grown: number
  readonly kept: number
  /** Of other routes meanwhile, in milliseconds. */
  readonly latencies: readonly number[]
  readonly failed: number
}

/**
 * Opens a thousand connections at once, each with a right sign-in of somebody else, at a backend as it is deployed, and looks at what that
 * costs: memory of all its processes over idle, and how long other routes take. Linux only: it takes many client addresses and reads `/proc`.
 */
export async function flood(deployed: Deployed, options: FloodOptions): Promise<readonly Result[]> {
  const { rounds, people, password, member, admin } = options
  const cookie = await signIn(deployed.port, member)
  // Whatever is loaded and compiled at first is not the flood's.
  await signInAll(deployed.port, people.slice(-WARM), password)
  const family = await familyOf(deployed.pid)
  const floods: Flood[] = []
  for (let round = 1; round <= rounds; round++) {
    await sleep(QUIET_MS)
    await forgetPeaks(family)
    const idle = (await memoryOf(family)).now
    const sessionsBefore = await sessions(admin)
    const steady = new Worker(new URL('./steady-requests.ts', import.meta.url), {
      workerData: {
        port: deployed.port,
        cookie,
        paths: ['/private', `/notes/${options.noteId}`, '/health/live'],
        perSecond: 200,
      } satisfies Steady,
    })
    const heard = new Promise<SteadyAnswers>((resolve, reject) => {
      steady.once('message', resolve)
      steady.once('error', reject)
    })
    await sleep(QUIET_MS)
    const started = performance.now()
    const told = await signInAll(deployed.port, people.slice(0, SIGN_INS), password)
    const seconds = (performance.now() - started) / 1000
    steady.postMessage('enough')
    const { latencies, failed } = await heard
    const { peak } = await memoryOf(family)
    await sleep(QUIET_MS)
    const signedIn = told.filter((one) => one === '200').length
    const made = (await sessions(admin)) - sessionsBefore
    const otherwise = told.filter((one) => one !== '200' && one !== '503 retry-after')
    if (made !== signedIn) otherwise.push(`${made} sessions for ${signedIn} that were told of one`)
    floods.push({
      signedIn,
      toldToWait: told.filter((one) => one === '503 retry-after').length,
      otherwise,
      seconds,
      grown: peak - idle,
      kept: (await memoryOf(family)).now - idle,
      // What was asked before the flood says nothing of it.
      latencies: latencies.slice(-Math.floor(seconds * 200)),
      failed,
    })
    process.stderr.write(`flood: round ${round} of ${rounds}\n`)
  }
  const after = (await familyOf(deployed.pid)).join() === family.join() ? 0 : 1
  await signInAll(deployed.port, people.slice(0, WARM), password)
  const worst = (of: (one: Flood) => number): number => Math.max(...floods.map(of))
  const section = `${SIGN_INS} sign-ins at once`
  for (const { otherwise } of floods)
    for (const [what, times] of Object.entries(Object.groupBy(otherwise, (one) => one)))
      process.stderr.write(`flood: ${times?.length} times ${what}\n`)
  return [
    { section, what: 'signed in', unit: '', ours: Math.min(...floods.map((one) => one.signedIn)) },
    { section, what: 'told when to try again', unit: '', ours: worst((one) => one.toldToWait) },
    atMost({ section, what: 'answered otherwise, or not', unit: '', ours: worst((one) => one.otherwise.length) }, 0),
    atMost({ section, what: 'processes that ended', unit: '', ours: after }, 0),
    { section, what: 'until the last answer', unit: 's', ours: worst((one) => one.seconds) },
    atMost({ section, what: 'memory over idle at most', unit: 'MiB', ours: worst((one) => one.grown) }, MOST_MEMORY),
    { section, what: 'memory over idle afterwards', unit: 'MiB', ours: worst((one) => one.kept) },
    atMost(
      { section, what: 'p99 of other routes', unit: 'ms', ours: worst((one) => percentile(one.latencies, 0.99)) },
      SLOWEST,
    ),
    atMost({ section, what: 'other requests that failed', unit: '', ours: worst((one) => one.failed) }, 0),
  ]
}

/** Each on a connection of its own, ten from one client address. */
async function signInAll(port: number, people: readonly string[], password: string): Promise<string[]> {
  return Promise.all(
    people.map(async (email, index) => {
      try {
        const socket = await open(port, `127.0.${1 + (index % 100)}.1`)
        const answer = answers(socket)
        socket.write(requestBytes(port, '/auth/sign-in', { body: { email, password } }))
        const { status, head } = await answer()
        socket.destroy()
        return status === 503 && /\r\nretry-after: \d+/i.test(head) ? '503 retry-after' : String(status)
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    }),
  )
}

async function sessions(admin: Session): Promise<number> {
  const { rows } = await admin.query('select count(*)::integer as count from holdfast.session')
  return Number(rows[0]?.count)
}

const SIGN_INS = 1_000
const WARM = 20
const QUIET_MS = 2_000
/** MiB over idle. */
const MOST_MEMORY = 300
/** Milliseconds. */
const SLOWEST = 250

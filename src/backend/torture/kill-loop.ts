import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import {
  countOf,
  lateMails,
  missing,
  nothingYet,
  type WritingRoute,
  writeUntil,
  writingRoutes,
} from './acknowledged-writes.ts'
import { childOf } from './child-processes.ts'
import { type Development, type Ending, runDevelopment, serves, temporaryDirectory, until } from './command-process.ts'
import { signUp, type Visitor } from './visitor.ts'

export interface KillOptions {
  readonly definition: BackendDefinition
  /** Absolute path of the application's module. */
  readonly application: string
  /** How many processes to kill. */
  readonly kills: number
  /** Says which, and after how long: from 0 to below a limit. */
  readonly below: (limit: number) => number
  /** True once no further one is to be killed. */
  readonly over: () => boolean
  /** After each kill, once everything was looked at. */
  readonly progress: (killed: number, what: Victim) => void
}

/** What came of a loop of kills. */
export interface KillOutcome {
  readonly killed: Readonly<Record<Victim, number>>
  /** Writes that were acknowledged. */
  readonly acknowledged: number
  /** What was lost, or did not come back; none where all is well. */
  readonly troubles: readonly string[]
}

export type Victim = 'server' | 'worker' | 'hasher' | 'postgres' | 'supervisor'

/**
 * Runs the backend as its processes, and kills one of them again and again (SIGKILL) while rows, accounts and mails are written.
 * After each, the backend must serve again, the session from before must hold, and everything it had acknowledged must be there.
 */
export async function killAgainAndAgain(options: KillOptions): Promise<KillOutcome> {
  const routes = writingRoutes(options.definition)
  const acknowledged = nothingYet()
  const killed: Record<Victim, number> = { server: 0, worker: 0, hasher: 0, postgres: 0, supervisor: 0 }
  const troubles: string[] = []
  const endings: (() => Promise<void>)[] = []
  const end: Ending = { after: (work) => void endings.push(work) }
  try {
    const state = join(await temporaryDirectory(end), 'state')
    const start = (): Promise<Development> =>
      runDevelopment(end, state, {
        application: options.application,
        environment: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      })
    let backend = await start()
    let visitor = await signUp(backend.http)
    for (let round = 1; round <= options.kills && !options.over() && troubles.length < MOST_TROUBLES; round++) {
      const victim = VICTIMS[options.below(VICTIMS.length)] ?? 'server'
      const pause = options.below(LONGEST_PAUSE_MS)
      await writeAndKill({ backend, visitor, routes, acknowledged, victim, pause })
      killed[victim]++
      if (victim === 'supervisor') backend = await start()
      visitor = visitor.at(backend.http)
      await until(`it serves again after ${victim} was killed`, () => serves(backend), AGAIN_WITHIN_S)
      lateMails(backend, acknowledged)
      const lost = await missing(backend, acknowledged, routes)
      if (!(await isSignedIn(visitor))) troubles.push(`kill ${round} (${victim}): who was signed in is not any more`)
      troubles.push(...lost.map((line) => `kill ${round} (${victim}): ${line} that were acknowledged are gone`))
      options.progress(round, victim)
    }
    // The worker's job that was killed runs again after a while of silence.
    await until('', () => lateMails(backend, acknowledged).length === 0, MAILS_WITHIN_S).catch(() => undefined)
    const late = lateMails(backend, acknowledged)
    if (late.length > 0)
      troubles.push(`${late.length} of ${acknowledged.mails.length} mails that were promised never came`)
  } catch (error) {
    troubles.push(error instanceof Error ? error.message : String(error))
  } finally {
    for (const ending of endings.reverse()) await ending()
  }
  return { killed, acknowledged: countOf(acknowledged), troubles }
}

interface Round {
  readonly backend: Development
  readonly visitor: Visitor
  readonly routes: readonly WritingRoute[]
  readonly acknowledged: ReturnType<typeof nothingYet>
  readonly victim: Victim
  /** Milliseconds of writing before the kill, after the first writes. */
  readonly pause: number
}

/** Writes, kills in the middle of it, and comes back when the writers have noticed. */
async function writeAndKill({ backend, visitor, routes, acknowledged, victim, pause }: Round): Promise<void> {
  let ended = false
  const before = countOf(acknowledged)
  const writing = writeUntil(backend, visitor, routes, acknowledged, () => ended)
  try {
    await until('something is written', () => countOf(acknowledged) > before + FEW)
    await sleep(pause)
    if (victim === 'supervisor') {
      backend.kill('SIGKILL')
      await backend.exited
    } else process.kill(await childOf(backend.pid, victim), 'SIGKILL')
    await sleep(NOTICED_MS)
  } finally {
    ended = true
    await writing
  }
}

const isSignedIn = async (visitor: Visitor): Promise<boolean> => (await visitor.get('/auth/session')).status === 200

/** As often as each is worth it: the server and the database hold what can be lost. */
const VICTIMS: readonly Victim[] = [
  'server',
  'server',
  'server',
  'postgres',
  'postgres',
  'postgres',
  'worker',
  'worker',
  'hasher',
  'supervisor',
]
const FEW = 10
const LONGEST_PAUSE_MS = 800
/** A server that was killed is noticed by its writers at once; one whose database was killed goes on refusing. */
const NOTICED_MS = 300
/** Servers are started again with growing pauses, of 30 s at most. */
const AGAIN_WITHIN_S = 90
const MAILS_WITHIN_S = 120
const MOST_TROUBLES = 20

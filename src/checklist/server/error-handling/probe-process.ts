import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, StartedProcess } from '../../../kernel/vantage.ts'
import { freePort, get, halfSent } from './probe-client.ts'

/** What becomes of the process itself: it is started as it really is, and crashes or runs out of disk. */
export const processClaims: readonly Claim[] = [
  {
    id: 'crash',
    says: 'An error that nobody caught is logged, what is in flight is answered, and another process takes its place.',
    level: 'required',
    needs: ['host'],
    effect: 'writes',
    exclusive: true,
    keeps: days(1),
    byHand:
      'setTimeout(() => Promise.reject(new Error("x")), 5000) in the application; npm start; watch it start again',
    prove: proveCrash,
  },
  {
    id: 'log-disk-full',
    says: 'A log that can not be written is told of, and stops no request.',
    level: 'where-present',
    needs: ['host'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'ln -sf /dev/full .holdfast/log/server.log; npm start; curl -ki https://localhost:3443/nothing-here',
    present: async () => existsSync(FULL) || `this system has no ${FULL}`,
    prove: proveDiskFull,
  },
]

const CRASHES = ['exception', 'rejection'] as const

async function proveCrash(context: ProbeContext): Promise<void> {
  const marker = `crash${randomBytes(6).toString('hex')}`
  const settings = { ...(await freePort()), NODE_OPTIONS: crashOn(marker) }
  const attempt = await context.host.start(settings, 'start', async (running) => {
    context.expect('positive', 'the process before', await statusOf(running), '200')
    for (const how of CRASHES) await crash(context, running, marker, how)
  })
  context.expect('positive', 'the process with an error at hand', String(attempt.outcome), 'started')
  const again = attempt.stdout.match(/\(exit code 70\).*; starting it again/g) ?? []
  context.expect('negative', 'processes that ended for another to take their place', again.length, CRASHES.length)
}

/** Crashes the process while a request is half sent, then sends the rest. */
async function crash(
  context: ProbeContext,
  running: StartedProcess,
  marker: string,
  how: (typeof CRASHES)[number],
): Promise<void> {
  const inFlight = await halfSent(running)
  await get(running, `/health/live?${marker}-${how}`).catch(() => null) // whether this one is answered does not matter
  await sleep(PAUSE)
  const answer = await inFlight.rest()
  const answered = answer.startsWith('HTTP/1.1 ') ? 'answered' : 'cut'
  context.expect('negative', `a request in flight at an uncaught ${how}`, answered, 'answered')

  let crashed = false
  let serves = ''
  for (let tries = 0; tries < TRIES && !(crashed && serves === '200'); tries++) {
    await sleep(PAUSE)
    const log = await readFile(join(running.stateDirectory, 'log', 'server.log'), 'utf8').catch(() => '')
    crashed = log.split('\n').some((line) => line.includes('"level":"fatal"') && line.includes(`${marker} ${how}`))
    serves = await statusOf(running)
  }
  context.expect('negative', `the uncaught ${how} in the log`, crashed ? 'as fatal' : 'missing', 'as fatal')
  context.expect('positive', `the service after the ${how}`, serves, '200')
}

/** Has the process that serves throw where nobody catches it, when a request asks for it by the marker. */
function crashOn(marker: string): string {
  const code = `import { subscribe } from 'node:diagnostics_channel'
subscribe('http.server.request.start', ({ request }) => {
  if (request.url.endsWith('${marker}-rejection')) Promise.reject(new Error('${marker} rejection'))
  if (request.url.endsWith('${marker}-exception')) setImmediate(() => { throw new Error('${marker} exception') })
})`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

async function proveDiskFull(context: ProbeContext): Promise<void> {
  // Not in the state directory: other claims read the modes of what is there.
  const state = await mkdtemp(join(tmpdir(), 'holdfast-full-'))
  try {
    await cp(join(context.host.stateDirectory, 'keys'), join(state, 'keys'), { recursive: true })
    await mkdir(join(state, 'log'), { mode: 0o700 })
    await symlink(FULL, join(state, 'log', 'server.log'))
    const settings = { ...(await freePort()), HOLDFAST_STATE: state }
    const attempt = await context.host.start(settings, 'start', async (running) => {
      context.expect('positive', 'GET /health/live', await statusOf(running), '200')
      for (const number of [1, 2, 3]) {
        await sleep(PAUSE)
        context.expect(
          'negative',
          `refusal ${number} that can not be logged`,
          await statusOf(running, '/nothing-here'),
          '404',
        )
      }
    })
    context.expect('positive', 'the process without room for its log', String(attempt.outcome), 'started')
    const told = attempt.stdout.split('\n').filter((line) => line.includes('ENOSPC')).length
    context.expect(
      'negative',
      'lines that say so to whoever started it',
      told > 0 ? 'at least one' : 'none',
      'at least one',
    )
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

const statusOf = (running: StartedProcess, path = '/health/live'): Promise<string> =>
  get(running, path).then(
    (status) => String(status),
    () => 'no answer',
  )

/** A device on which every write fails for want of room. */
const FULL = '/dev/full'
const PAUSE = 250 // milliseconds
/** Times that pause: how long the next process may take. */
const TRIES = 60

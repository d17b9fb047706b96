/**
 * A thread of its own, so that what keeps the bench busy delays no measurement: asks at a fixed pace, whatever becomes of the answers, and
 * takes the time from when a request was due.
 */
import { Agent, get } from 'node:https'
import { parentPort, workerData } from 'node:worker_threads'

export interface Steady {
  readonly port: number
  readonly cookie: string
  /** Asked for in turn. */
  readonly paths: readonly string[]
  readonly perSecond: number
}

export interface SteadyAnswers {
  /** Milliseconds, one for each request. */
  readonly latencies: readonly number[]
  /** Requests that were not answered with 200. */
  readonly failed: number
}

/** People who are there already: all are opened before the first measured request. */
const CONNECTIONS = 32

const { port, cookie, paths, perSecond } = workerData as Steady
const agent = new Agent({
  keepAlive: true,
  maxSockets: CONNECTIONS,
  maxFreeSockets: CONNECTIONS,
  rejectUnauthorized: false,
})
const latencies: number[] = []
let failed = 0
let sent = 0
let waiting = 0
let over = false
let timer: NodeJS.Timeout | undefined

await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(paths[0] ?? '/')))
const began = performance.now()
timer = setInterval(() => {
  while (!over && (performance.now() - began) * perSecond >= sent * 1000) one(began + (sent * 1000) / perSecond)
}, 1)

function one(due: number): void {
  waiting += 1
  void ask(paths[sent++ % paths.length] ?? '/').then((ok) => {
    latencies.push(performance.now() - due)
    if (!ok) failed += 1
    waiting -= 1
    if (over && waiting === 0) finish()
  })
}

/** @returns whether it was answered with 200. */
function ask(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', servername: 'localhost', port, path, agent }
    const request = get({ ...options, headers: { cookie, host: `localhost:${port}` } }, (reply) => {
      reply.resume()
      reply.once('end', () => resolve(reply.statusCode === 200))
      reply.once('error', () => resolve(false))
    })
    request.once('error', () => resolve(false))
  })
}

function finish(): void {
  parentPort?.postMessage({ latencies, failed } satisfies SteadyAnswers)
  agent.destroy()
  parentPort?.close()
}

parentPort?.once('message', () => {
  over = true
  clearInterval(timer)
  if (waiting === 0) finish()
})

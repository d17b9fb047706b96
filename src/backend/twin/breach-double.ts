import { hash, randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { FilterBuilder, listedKey } from '../../checklist/authentication/strong-authentication/index.ts'
import type { AskedRange, BreachVantage } from '../../kernel/vantage.ts'

/** In place of an outside service that knows of breaches: one on loopback that knows what it is told to know. */
export interface BreachDouble {
  /** For `HOLDFAST_BREACH_SERVICE`. */
  readonly url: string
  /** All requests so far, oldest first. */
  readonly asked: readonly AskedRange[]
  see: BreachVantage['see']
  set: BreachVantage['service']
  close(): Promise<void>
}

/** Starts one on a free port. */
export async function startBreachDouble(): Promise<BreachDouble> {
  const seen = new Map<string, number>()
  const asked: AskedRange[] = []
  let state: Parameters<BreachVantage['service']>[0] = 'up'
  const server = http.createServer((request, reply) => {
    if (asked.length < MOST_ASKED) {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      asked.push({ method: request.method ?? '', path: request.url ?? '', headers })
    }
    if (state === 'silent') return
    if (state === 'down') {
      request.socket.destroy()
      return
    }
    const prefix = /^\/range\/([0-9A-F]{5})$/.exec(request.url ?? '')?.[1]
    if (prefix === undefined) {
      reply.writeHead(404).end()
      return
    }
    const lines = [...seen]
      .filter(([digits]) => digits.startsWith(prefix))
      .map(([d, count]) => `${d.slice(5)}:${count}`)
    // As a real one pads what it has.
    const padding = Array.from({ length: 800 }, () => `${randomBytes(18).toString('hex').slice(1).toUpperCase()}:0`)
    reply.writeHead(200, { 'content-type': 'text/plain' }).end([...lines, ...padding].join('\r\n'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`,
    asked,
    see(password, count) {
      seen.set(hash('sha1', password, 'hex').toUpperCase(), count)
    },
    set(wanted) {
      state = wanted
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An operator's own filter in a folder, of passwords that nobody else knows. */
export function buildOwnFilter(folder: string): { readonly file: string; readonly listed: readonly string[] } {
  const file = join(folder, 'passwords.fuse16')
  const listed = Array.from({ length: 3 }, () => randomBytes(12).toString('hex').replace(/^./, 'q'))
  const builder = new FilterBuilder(file)
  for (const password of listed) builder.add(listedKey(password))
  builder.finish()
  // As everything in a state directory.
  chmodSync(file, 0o600)
  return { file, listed }
}

const MOST_ASKED = 10_000

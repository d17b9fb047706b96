import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../../platform/database/database.ts'

/** A Unix socket in front of the database's, for one connection of the twin, that can be cut like a cable. */
export interface CuttableLink {
  readonly connection: Connection
  set(state: 'down' | 'up'): void
  close(): Promise<void>
}

/** Stands between a twin and its cluster. While it is down, connections end at once and new ones are refused. */
export async function openCuttableLink(target: Connection): Promise<CuttableLink> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-link-'))
  const open = new Set<net.Socket>()
  let up = true
  const server = net.createServer((near) => {
    if (!up) {
      near.destroy()
      return
    }
    const far = net.connect(socketPath(target.host, target.port))
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath(directory, target.port), resolve)
  })
  return {
    connection: { ...target, host: directory },
    set(state) {
      up = state === 'up'
      if (!up) for (const socket of open) socket.destroy()
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Where PostgreSQL's clients look in a socket directory. */
const socketPath = (directory: string, port: number): string => join(directory, `.s.PGSQL.${port}`)

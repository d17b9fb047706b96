import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from './database.ts'

/** A way to the server that can go silent (nothing passes, nothing closes) or be cut. */
export interface Link {
  readonly connection: Connection
  silence(on: boolean): void
  cut(): void
  stop(): Promise<void>
}

export async function startLink(target: Connection): Promise<Link> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-link-'))
  const sockets = new Set<Socket>()
  let silent = false
  const track = (socket: Socket, other: Socket): void => {
    sockets.add(socket)
    socket.on('data', (chunk) => {
      if (!silent) other.write(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (!silent) other.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect(join(target.host, `.s.PGSQL.${target.port}`))
    track(near, far)
    track(far, near)
  })
  await new Promise<void>((resolve) => server.listen(join(directory, '.s.PGSQL.5432'), resolve))
  return {
    connection: { ...target, host: directory, port: 5432 },
    silence(on) {
      silent = on
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

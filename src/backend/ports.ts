import net from 'node:net'
import { StartRefusal } from '../kernel/refusal.ts'

/**
 * The wanted port, or the next free one of the twenty after it where it was not asked for by name.
 *
 * @throws StartRefusal with a line that says which port is taken.
 */
export async function choosePort(host: string, wanted: number, mayMove: boolean): Promise<number> {
  const last = mayMove ? wanted + TRIES : wanted
  for (let port = wanted; port <= last; port++) {
    const problem = (await tryPort(host, port)) ?? (host === '127.0.0.1' ? await takenOnSix(port) : null)
    if (problem === null) return port
    if (problem !== 'EADDRINUSE') throw new StartRefusal(`port ${port}`, `can not be opened on ${host} (${problem})`)
  }
  throw new StartRefusal(
    `port ${wanted}`,
    mayMove ? `and the ${TRIES} after it are taken; free one or name another` : 'is taken; free it or name another',
  )
}

/** Browsers try `localhost` as ::1 first: what listens there would be taken for us. A machine without it has nothing there. */
async function takenOnSix(port: number): Promise<string | null> {
  return (await tryPort('::1', port)) === 'EADDRINUSE' ? 'EADDRINUSE' : null
}

function tryPort(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}

const TRIES = 20

import type { FastifyInstance } from 'fastify'
import type { Guessing } from './guessing.ts'

/** Every minute while the server is ready, off the requests' path: removes what no longer counts. What fails is tried again. */
export function keepHouse(server: FastifyInstance, self: () => Pick<Guessing, 'sweep' | 'flush'>): void {
  let timer: NodeJS.Timeout | undefined
  let busy = false
  const turn = async (): Promise<void> => {
    if (busy) return
    busy = true
    try {
      await self().sweep()
    } catch {
      // The database tells of its trouble itself.
    } finally {
      busy = false
    }
  }
  server.addHook('onReady', (done) => {
    timer = setInterval(() => void turn(), 60_000)
    timer.unref()
    done()
  })
  server.addHook('onClose', async () => {
    clearInterval(timer)
    await self()
      .flush()
      .catch(() => undefined)
  })
}

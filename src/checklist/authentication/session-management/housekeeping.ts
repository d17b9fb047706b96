import type { FastifyInstance } from 'fastify'
import type { Sessions } from './sessions.ts'

/**
 * Off the requests' path, while the server is ready: every second writes back last uses, every minute marks sessions that
 * are over. What fails is tried again at the next turn.
 */
export function keepHouse(server: FastifyInstance, self: () => Sessions): void {
  let busy = false
  let turns = 0
  let timer: NodeJS.Timeout | undefined

  const turn = async (): Promise<void> => {
    // One at a time: a slow database must not gather turns.
    if (busy) return
    busy = true
    try {
      await self().flush()
      if (turns++ % SWEEP_EVERY === 0) await self().sweep()
    } catch {
      // The database tells of its trouble itself; nothing here depends on this turn.
    } finally {
      busy = false
    }
  }

  server.addHook('onReady', (done) => {
    timer = setInterval(() => void turn(), TURN_MILLISECONDS)
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

const TURN_MILLISECONDS = 1_000
/** Turns. */
const SWEEP_EVERY = 60

import type { Socket } from 'node:net'
import type { Server } from 'node:tls'

export interface PaceOptions {
  /** How long handshakes may take of one turn of the event loop, in milliseconds; one at least is made. Default 4. */
  readonly sliceMs?: number
  /** How long a connection may stay without a handshake begun, in milliseconds. Default 10,000. */
  readonly patienceMs?: number
}

/**
 * Spreads TLS handshakes over turns of the event loop. Each costs the processor about a millisecond at once; without this, a thousand clients
 * that connect at the same moment are a second or two in which nobody is answered. A connection waits until its first bytes are there, so that
 * one that says nothing keeps no other from its turn, and first come is first served.
 *
 * To be called once, before anything else listens to `connection`.
 */
export function paceHandshakes(server: Server, { sliceMs = 4, patienceMs = 10_000 }: PaceOptions = {}): void {
  const [handshake, ...others] = server.listeners('connection')
  if (handshake === undefined || others.length > 0) throw new TypeError('a TLS server that nothing listens to yet')
  server.removeAllListeners('connection')
  /** Each with what makes it forgotten here. */
  const waiting = new Map<Socket, () => void>()
  let busy = false

  const turn = (): void => {
    const until = performance.now() + sliceMs
    const next = (): void => {
      const [first] = waiting
      if (first === undefined) {
        busy = false
        return
      }
      const [socket, forget] = first
      forget()
      handshake.call(server, socket)
      // Node does the work in a tick of its own, so only the tick after it knows how long it took.
      process.nextTick(() => {
        if (performance.now() < until) next()
        else setImmediate(turn)
      })
    }
    next()
  }

  server.on('connection', (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), patienceMs)
    const forget = (): void => {
      clearTimeout(timer)
      waiting.delete(socket)
      socket.off('readable', queue).off('close', forget).off('error', forget)
    }
    const queue = (): void => {
      // Also told of the end: who left without a word has nothing to shake.
      if (socket.readableLength === 0) return void socket.destroy()
      waiting.set(socket, forget)
      if (!busy) setImmediate(turn)
      busy = true
    }
    socket.on('readable', queue).on('close', forget).on('error', forget)
  })
}

import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import type { StartedProcess } from '../../../kernel/vantage.ts'

/** Asks a started process on a connection of its own; resolves with the status. */
export function get({ origin, ca }: StartedProcess, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = https.get(`${origin}${path}`, { ca, agent: false, timeout: LIMIT }, (reply) => {
      reply.resume()
      reply.on('end', () => resolve(reply.statusCode ?? 0))
      reply.on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
  })
}

/** A request whose header the server has and whose body it waits for. */
export async function halfSent({ origin, ca }: StartedProcess): Promise<{ rest(): Promise<string> }> {
  const { hostname, port } = new URL(origin)
  const body = JSON.stringify({ email: 'nobody@probe.example', password: 'whoever this may be' })
  const socket = tls.connect({ host: hostname, port: Number(port), servername: hostname, ca })
  let answer = ''
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('data', (bytes: Buffer) => {
    answer += bytes.toString('latin1')
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {}) // `close` follows: no answer is the answer
  const fields = [
    `host: ${hostname}:${port}`,
    `origin: ${origin}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  socket.write(`POST /auth/sign-in HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`)
  return {
    async rest() {
      if (!socket.destroyed) socket.write(body.slice(10))
      const timer = setTimeout(() => socket.destroy(), LIMIT)
      await closed
      clearTimeout(timer)
      return answer
    },
  }
}

/** A port nobody uses, as a setting: several claims start the backend at the same time. */
export function freePort(): Promise<{ readonly HOLDFAST_PORT: string; readonly HOLDFAST_PUBLIC_ORIGIN: string }> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve({ HOLDFAST_PORT: String(port), HOLDFAST_PUBLIC_ORIGIN: `https://localhost:${port}` }))
    })
  })
}

const LIMIT = 5_000 // milliseconds

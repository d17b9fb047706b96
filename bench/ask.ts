import { connect, type TLSSocket } from 'node:tls'

export interface Asking {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** The bytes of the n-th request. */
  readonly request: (n: number) => Buffer
}

export interface Asked {
  readonly answered: number
  /** From the first request to the last answer. */
  readonly seconds: number
}

/**
 * Asks as fast as answers come, one request at a time on each of some connections that are kept. It does as little as it can for each
 * request, so that on two cores the server is what is measured. What was asked before the time is over is waited for.
 *
 * @throws at the first answer that is no 200.
 */
export async function ask({ port, connections, seconds, request }: Asking): Promise<Asked> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  try {
    let sent = 0
    let answered = 0
    const started = performance.now()
    const deadline = started + seconds * 1000
    await Promise.all(
      sockets.map(async (socket) => {
        const next = answers(socket)
        while (performance.now() < deadline) {
          socket.write(request(sent++))
          const { status } = await next()
          if (status !== 200) throw new Error(`an answer was ${status}`)
          answered += 1
        }
      }),
    )
    return { answered, seconds: (performance.now() - started) / 1000 }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

/** A request as it is written to the connection. */
export function requestBytes(
  port: number,
  path: string,
  { cookie, body }: { readonly cookie?: string; readonly body?: unknown } = {},
): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [
    `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    `host: localhost:${port}`,
    ...(cookie === undefined ? [] : [`cookie: ${cookie}`]),
    ...(body === undefined
      ? []
      : [
          `origin: https://localhost:${port}`,
          'content-type: application/json',
          `content-length: ${Buffer.byteLength(text)}`,
        ]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

interface Answer {
  readonly status: number
  /** Status line and header fields. */
  readonly head: string
}

/** @returns what waits for the next answer. */
export function answers(socket: TLSSocket): () => Promise<Answer> {
  let held: Buffer = Buffer.alloc(0)
  let waiting: PromiseWithResolvers<Answer> | undefined
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    waiting?.reject(failure)
  }
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const end = held.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = held.toString('latin1', 0, end)
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    if (length === undefined) return fail(new Error('an answer does not tell its length'))
    const whole = end + 4 + Number(length)
    if (held.length < whole) return
    held = held.subarray(whole)
    waiting?.resolve({ status: Number(head.slice(9, 12)), head })
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))
  return () => {
    waiting = Promise.withResolvers()
    if (failure !== undefined) waiting.reject(failure)
    return waiting.promise
  }
}

export function open(port: number, from?: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        ...(from === undefined ? {} : { localAddress: from }),
      },
      () => resolve(socket),
    )
    socket.once('error', reject)
  })
}

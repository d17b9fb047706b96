import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as a server got it. */
export interface Caught {
  readonly from: string
  readonly to: readonly string[]
  readonly secure: boolean
  /** Head and body as they came. */
  readonly source: string
  /** The value of a header field, unfolded. */
  header(name: string): string | undefined
}

export interface Catcher {
  readonly port: number
  readonly caught: readonly Caught[]
  /** Connections so far. */
  readonly connections: () => number
  close(): Promise<void>
}

/** A real mail server on loopback that keeps what it gets. @param options - of smtp-server, over ours. */
export async function startCatcher(options: SMTPServerOptions = {}, port = 0): Promise<Catcher> {
  const caught: Caught[] = []
  let connections = 0
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    onConnect(_session, done) {
      connections++
      done()
    },
    onData(stream, { envelope, secure }, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const source = Buffer.concat(parts).toString()
        caught.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          secure,
          source,
          header: (name) => headerOf(source, name),
        })
        done()
      })
    },
    ...options,
  })
  // A client that hangs up is no news.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    caught,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function headerOf(source: string, name: string): string | undefined {
  const head = source.slice(0, source.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  const line = head.split('\r\n').find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim()
}

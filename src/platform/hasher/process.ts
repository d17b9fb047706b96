/**
 * The hasher: a process of its own, since argon2 is native code and the pepper must not lie in the server's memory. It
 * may load add-ons and read its own code; no files, no network, no children (Node's permission model, see spawn.ts).
 *
 * Standard input brings one frame with the pepper keys and stays open as a lifeline: when it closes, the supervisor is
 * gone and so is the hasher. Descriptor 3 carries requests and replies and closes with the server. Standard output
 * says `ready` once.
 */
import { Socket } from 'node:net'
import { perform } from './engine.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { decodeRequest, encodeReply, type Request } from './messages.ts'
import { decodeStart, type Start } from './start.ts'

const lifeline = new FrameReader()
let begun = false

process.stdin.on('data', (chunk: Buffer) => {
  try {
    const [first, more] = lifeline.push(chunk)
    if (first === undefined) return
    const start = begun || more !== undefined ? null : decodeStart(first)
    if (start === null) quit(2)
    begun = true
    void serve(start)
  } catch {
    quit(2)
  }
})
process.stdin.on('end', () => quit(0))
process.stdin.on('error', () => quit(0))
// The supervisor ends it by closing the lifeline; a terminal's Ctrl-C reaches the whole group and must not cut sign-ins short.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

/** Works off requests, `threads` at a time; while that many run, nothing more is read, so that memory stays bounded. */
async function serve({ peppers, threads }: Start): Promise<void> {
  // A hash before the first request: where the add-on can't be loaded or is broken, nothing starts.
  const trial = await perform({ kind: 'hash', id: 0, memoryKiB: 64, passes: 1, password: Buffer.alloc(1) }, peppers)
  if (trial.kind !== 'hashed') quit(3)

  const stream = new Socket({ fd: 3, readable: true, writable: true })
  const reader = new FrameReader()
  const waiting: Request[] = []
  let running = 0

  const next = (): void => {
    while (running < threads) {
      const request = waiting.shift()
      if (request === undefined) break
      running += 1
      void perform(request, peppers).then((reply) => {
        running -= 1
        stream.write(encodeFrame(encodeReply(reply)))
        next()
      })
    }
    if (waiting.length === 0) stream.resume()
    else stream.pause()
  }

  stream.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) {
        const request = decodeRequest(frame)
        if (request === null) quit(2)
        waiting.push(request)
      }
      next()
    } catch {
      quit(2)
    }
  })
  stream.on('end', () => quit(0))
  stream.on('error', () => quit(0))
  process.stdout.write('ready\n')
}

function quit(code: number): never {
  process.exit(code)
}

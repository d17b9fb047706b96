import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Refusal } from '../../kernel/refusal.ts'
import type { Secret } from '../../kernel/secret.ts'
import { FairQueue } from './fair-queue.ts'
import { encodeFrame, FrameReader } from './frames.ts'
import { DEFAULT_PARAMETERS, type Hasher, type HashParameters } from './hasher.ts'
import { decodeReply, encodeRequest, LONGEST_PASSWORD, LONGEST_PHC, type Reply, type Request } from './messages.ts'
import { parsePhc } from './phc.ts'

export interface HasherOptions {
  /** What a stored hash must have at least so as not to be stale. Default {@link DEFAULT_PARAMETERS}. */
  readonly parameters?: HashParameters
  /** Requests the hasher works on at a time; more would only wait in the pipe. Default 2, the hasher's threads. */
  readonly concurrency?: number
  /** Requests waiting here; beyond it, some are refused as `overloaded`: see {@link FairQueue.put}. Default 128. */
  readonly queue?: number
  /** Longest wait for a turn, in milliseconds; then `overloaded`. Default 10,000. */
  readonly patience?: number
  /** Longest work on one request, in milliseconds; a hasher that takes longer is given up. Default 30,000. */
  readonly deadline?: number
  /** Told once when the hasher is lost: the process must be started anew. */
  readonly onLost?: (why: string) => void
}

/** A {@link Hasher} at the other end of a stream: the server's side of the pipe to the hasher process. */
export function hasherOver(stream: Duplex, options: HasherOptions = {}): Hasher {
  const {
    parameters = DEFAULT_PARAMETERS,
    concurrency = 2,
    queue = 128,
    patience = 10_000,
    deadline = 30_000,
  } = options
  const reader = new FrameReader()
  const waiting = new FairQueue<Job>(queue)
  const running = new Map<number, Job>()
  let lost = false
  let lastId = 0

  const lose = (why: string): void => {
    if (lost) return
    lost = true
    stream.destroy()
    for (const job of running.values()) job.fail(overloaded(why))
    running.clear()
    for (let job = waiting.take(); job !== undefined; job = waiting.take()) job.fail(overloaded(why))
    options.onLost?.(why)
  }

  const begin = (job: Job): void => {
    lastId = (lastId % 0xffff_ffff) + 1
    running.set(lastId, job)
    job.begin()
    const bytes = encodeFrame(encodeRequest(job.request(lastId)))
    // The copy with the password in it is wiped once the pipe has it.
    stream.write(bytes, () => bytes.fill(0))
  }

  const settle = (reply: Reply): void => {
    const job = running.get(reply.id)
    // An answer nobody waits for means that the two ends are out of step: a wrong verdict could be handed to the wrong person.
    if (job === undefined) {
      lose('an answer to no question')
      return
    }
    running.delete(reply.id)
    job.done(reply)
    const next = waiting.take()
    if (next !== undefined) begin(next)
  }

  // Nobody waits while there is a place at work.
  const isBusy = (): boolean => running.size >= concurrency

  const expectRoom = (who = NOBODY): void => {
    if (lost) throw overloaded('the hasher is lost')
    if (isBusy() && !waiting.hasRoom(who)) throw overloaded(FULL)
  }

  const ask = (who: string, request: (id: number) => Request): Promise<Reply> =>
    new Promise((resolve, reject) => {
      if (lost) throw overloaded('the hasher is lost')
      let timer = setTimeout(() => {
        waiting.remove(who, job)
        reject(overloaded('no turn in time'))
      }, patience)
      const job: Job = {
        request,
        begin: () => {
          clearTimeout(timer)
          timer = setTimeout(() => lose('no answer in time'), deadline)
        },
        done: (reply) => {
          clearTimeout(timer)
          resolve(reply)
        },
        fail: (refusal) => {
          clearTimeout(timer)
          reject(refusal)
        },
      }
      if (isBusy()) waiting.put(who, job)?.fail(overloaded(FULL))
      else begin(job)
    })

  stream.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) {
        const reply = decodeReply(frame)
        if (reply === null) return lose('an answer that is none')
        settle(reply)
      }
    } catch {
      lose('an answer of impossible length')
    }
  })
  stream.on('error', () => lose('the pipe broke'))
  stream.on('close', () => lose('the pipe closed'))

  return {
    async hash(password, { memoryKiB, passes } = parameters, who = NOBODY) {
      const bytes = passwordBytes(password)
      const reply = await ask(who, (id) => ({ kind: 'hash', id, memoryKiB, passes, password: bytes })).finally(() =>
        bytes.fill(0),
      )
      if (reply.kind !== 'hashed') throw failure(reply)
      return { phc: reply.phc, pepperVersion: reply.pepperVersion }
    },
    async verify(password, phc, pepperVersion, who = NOBODY) {
      const stored = phc.length > LONGEST_PHC ? null : parsePhc(phc)
      if (stored === null)
        throw new Refusal('unexpected', undefined, { cause: new Error('a stored hash is malformed') })
      const bytes = passwordBytes(password)
      const reply = await ask(who, (id) => ({ kind: 'verify', id, phc, pepperVersion, password: bytes })).finally(() =>
        bytes.fill(0),
      )
      if (reply.kind !== 'verified') throw failure(reply)
      const weaker = stored.memoryKiB < parameters.memoryKiB || stored.passes < parameters.passes
      const stale = weaker ? 'parameters' : pepperVersion === reply.currentPepper ? null : 'pepper'
      return { ok: reply.ok, stale }
    },
    expectRoom,
    load: () => ({ running: running.size, waiting: waiting.size }),
    close: () => lose('closed'),
  }
}

/** The hasher whose pipe this process inherited as a descriptor: how the server gets it. Needs no permission at all. */
export const inheritedHasher = (descriptor: number, options: HasherOptions = {}): Hasher =>
  hasherOver(new Socket({ fd: descriptor, readable: true, writable: true }), options)

interface Job {
  readonly request: (id: number) => Request
  begin(): void
  done(reply: Reply): void
  fail(refusal: Refusal): void
}

/** The key of all who have none of their own. */
const NOBODY = ''
const FULL = 'the queue is full'

/**
 * The password as the hash sees it: normalised, so that é typed on two systems is one password, in UTF-8.
 *
 * @throws {@link Refusal} `input-invalid` for lone surrogates (all would become one character) and beyond 4 KiB.
 */
function passwordBytes(password: Secret): Buffer {
  const text = password.release()
  const bytes = text.isWellFormed() && text.length <= LONGEST_PASSWORD ? Buffer.from(text.normalize('NFC')) : null
  if (bytes === null || bytes.length > LONGEST_PASSWORD) {
    throw new Refusal('input-invalid', undefined, {
      fields: [{ at: 'body/password', problem: 'must be well-formed text of at most 4096 bytes' }],
    })
  }
  return bytes
}

const overloaded = (why: string): Refusal =>
  new Refusal('overloaded', undefined, { retryAfterSeconds: 5, cause: new Error(`password hashing: ${why}`) })

const failure = (reply: Reply): Refusal =>
  new Refusal('unexpected', undefined, {
    cause: new Error(`password hashing: ${reply.kind === 'failed' ? reply.why : 'an answer of the wrong kind'}`),
  })

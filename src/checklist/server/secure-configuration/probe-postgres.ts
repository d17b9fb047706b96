import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import net from 'node:net'
import { join } from 'node:path'

/** What came of trying to sign in to PostgreSQL: `in`, or the SQLSTATE it was refused with (class 28, or 42501 where only the database is closed to it). */
export type SignInResult = 'in' | string

export interface SignInAttempt {
  /** A host name, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

/**
 * Tries a password on PostgreSQL by its own protocol (version 3; SCRAM-SHA-256, clear text, or none), so that nothing of
 * ours stands between the attempt and the server. Rejects when the server can't be reached or says something else.
 */
export function trySignIn(attempt: SignInAttempt, timeout = 5_000): Promise<SignInResult> {
  return new Promise((resolve, reject) => {
    const socket = attempt.host.startsWith('/')
      ? net.connect(join(attempt.host, `.s.PGSQL.${attempt.port}`))
      : net.connect(attempt.port, attempt.host)
    const end = (work: () => void): void => {
      socket.destroy()
      work()
    }
    const nonce = randomBytes(18).toString('base64')
    let rest = Buffer.alloc(0)
    let expected: Buffer | undefined
    socket.setTimeout(timeout, () => end(() => reject(new Error('PostgreSQL did not answer in time'))))
    socket.once('error', (error) => end(() => reject(error)))
    socket.once('close', () => reject(new Error('PostgreSQL closed the connection without a word')))
    socket.once('connect', () => {
      const words = ['user', attempt.user, 'database', attempt.database, '', ''].join('\0')
      socket.write(framed(null, Buffer.concat([int32(196_608), Buffer.from(words)])))
    })
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data])
      while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
        const length = rest.readUInt32BE(1)
        const kind = String.fromCharCode(rest[0] ?? 0)
        const body = rest.subarray(5, length + 1)
        rest = rest.subarray(length + 1)
        if (kind === 'Z') return end(() => resolve('in'))
        if (kind === 'E') return end(() => judge(body.toString(), resolve, reject))
        if (kind !== 'R') continue
        const method = body.readUInt32BE(0)
        if (method === 3) socket.write(framed('p', Buffer.from(`${attempt.password}\0`)))
        else if (method === 10) socket.write(framed('p', saslStart(`n,,n=,r=${nonce}`)))
        else if (method === 11) {
          const proof = scramProof(attempt.password, nonce, body.subarray(4).toString())
          if (proof === null) return end(() => reject(new Error('PostgreSQL answered SCRAM with nonsense')))
          expected = proof.serverSignature
          socket.write(framed('p', Buffer.from(proof.message)))
        } else if (method === 12 && !isSignature(body.subarray(4).toString(), expected)) {
          return end(() => reject(new Error('who answered does not know the password either')))
        } else if (method !== 0 && method !== 12) {
          return end(() => reject(new Error(`PostgreSQL asks for authentication method ${method}`)))
        }
      }
      return undefined
    })
  })
}

/** Not every error is a refusal: one about our own bytes says nothing of the password. */
function judge(error: string, resolve: (state: string) => void, reject: (error: Error) => void): void {
  const state = /\0C([0-9A-Z]{5})\0/.exec(`\0${error}`)?.[1] ?? 'no state'
  if (state.startsWith('28') || state === '42501') resolve(state)
  else reject(new Error(`PostgreSQL answered ${state}, which is no refusal`))
}

/** RFC 5802 section 3, without channel binding. */
function scramProof(password: string, nonce: string, challenge: string) {
  const found = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d{1,7})$/.exec(challenge)
  if (found === null || !found[1]?.startsWith(nonce)) return null
  const salted = pbkdf2Sync(password, Buffer.from(found[2] ?? '', 'base64'), Number(found[3]), 32, 'sha256')
  const keyed = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const final = `c=biws,r=${found[1]}`
  const all = `n=,r=${nonce},${challenge},${final}`
  const clientKey = keyed(salted, 'Client Key')
  const signature = keyed(createHash('sha256').update(clientKey).digest(), all)
  const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))
  return {
    message: `${final},p=${Buffer.from(proof).toString('base64')}`,
    serverSignature: keyed(keyed(salted, 'Server Key'), all),
  }
}

function isSignature(text: string, expected: Buffer | undefined): boolean {
  const given = Buffer.from(/^v=([A-Za-z0-9+/=]+)/.exec(text)?.[1] ?? '', 'base64')
  return expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected)
}

function saslStart(first: string): Buffer {
  return Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(first.length), Buffer.from(first)])
}

function framed(kind: string | null, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(kind ?? ''), int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

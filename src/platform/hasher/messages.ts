/** What is asked of the hasher, and what it answers. Plain bytes, so that a password can be wiped after use. */
export type Request =
  | {
      readonly kind: 'hash'
      readonly id: number
      readonly memoryKiB: number
      readonly passes: number
      readonly password: Buffer
    }
  | {
      readonly kind: 'verify'
      readonly id: number
      readonly phc: string
      readonly pepperVersion: number
      readonly password: Buffer
    }

export type Reply =
  | { readonly kind: 'hashed'; readonly id: number; readonly phc: string; readonly pepperVersion: number }
  /** `currentPepper`: the version new hashes are made with. */
  | { readonly kind: 'verified'; readonly id: number; readonly ok: boolean; readonly currentPepper: number }
  /** Not done: parameters out of bounds, no such pepper, a stored hash that is none. */
  | { readonly kind: 'failed'; readonly id: number; readonly why: FailureReason }

/** Why a request could not be done; an index into this list travels. */
export const FAILURES = [
  'request-malformed',
  'parameters-out-of-bounds',
  'pepper-unknown',
  'hash-malformed',
  'hashing-failed',
] as const
export type FailureReason = (typeof FAILURES)[number]

/** Longest password in bytes of UTF-8; what people may choose is bounded by strong-authentication, far below. */
export const LONGEST_PASSWORD = 4_096
/** Longest stored hash in characters, as the column holds it. */
export const LONGEST_PHC = 200

/** `kind` 1, id in 4 bytes, memory 4, passes 1, password; or `kind` 2, id 4, pepper version 4, length of the hash 1, hash, password. */
export function encodeRequest(request: Request): Buffer {
  if (request.kind === 'hash') {
    const head = Buffer.alloc(10)
    head.writeUInt8(1)
    head.writeUInt32BE(request.id, 1)
    head.writeUInt32BE(request.memoryKiB, 5)
    head.writeUInt8(request.passes, 9)
    return Buffer.concat([head, request.password])
  }
  const head = Buffer.alloc(10)
  head.writeUInt8(2)
  head.writeUInt32BE(request.id, 1)
  head.writeUInt32BE(request.pepperVersion, 5)
  head.writeUInt8(request.phc.length, 9)
  return Buffer.concat([head, Buffer.from(request.phc, 'latin1'), request.password])
}

/** @returns `null` where the bytes are no request. The password is a view of `bytes`: wiping it wipes the frame. */
export function decodeRequest(bytes: Buffer): Request | null {
  if (bytes.length < 10) return null
  const id = bytes.readUInt32BE(1)
  if (bytes[0] === 1) {
    const password = bytes.subarray(10)
    if (password.length > LONGEST_PASSWORD) return null
    return { kind: 'hash', id, memoryKiB: bytes.readUInt32BE(5), passes: bytes.readUInt8(9), password }
  }
  if (bytes[0] !== 2) return null
  const length = bytes.readUInt8(9)
  const password = bytes.subarray(10 + length)
  if (length > LONGEST_PHC || bytes.length < 10 + length || password.length > LONGEST_PASSWORD) return null
  return {
    kind: 'verify',
    id,
    phc: bytes.toString('latin1', 10, 10 + length),
    pepperVersion: bytes.readUInt32BE(5),
    password,
  }
}

/** `kind` 1 (hashed): id 4, version 4, hash; 2 (verified): id 4, version 4, 0 or 1; 3 (failed): id 4, zero 4, reason 1. */
export function encodeReply(reply: Reply): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt32BE(reply.id, 1)
  if (reply.kind === 'hashed') {
    head.writeUInt8(1)
    head.writeUInt32BE(reply.pepperVersion, 5)
    return Buffer.concat([head, Buffer.from(reply.phc, 'latin1')])
  }
  if (reply.kind === 'verified') {
    head.writeUInt8(2)
    head.writeUInt32BE(reply.currentPepper, 5)
    return Buffer.concat([head, Buffer.from([reply.ok ? 1 : 0])])
  }
  head.writeUInt8(3)
  return Buffer.concat([head, Buffer.from([FAILURES.indexOf(reply.why)])])
}

/** @returns `null` where the bytes are no reply. */
export function decodeReply(bytes: Buffer): Reply | null {
  if (bytes.length < 10) return null
  const id = bytes.readUInt32BE(1)
  const version = bytes.readUInt32BE(5)
  const rest = bytes.subarray(9)
  if (bytes[0] === 1) {
    return rest.length <= LONGEST_PHC
      ? { kind: 'hashed', id, phc: rest.toString('latin1'), pepperVersion: version }
      : null
  }
  if (rest.length !== 1) return null
  if (bytes[0] === 2)
    return rest[0] === 0 || rest[0] === 1 ? { kind: 'verified', id, ok: rest[0] === 1, currentPepper: version } : null
  const why = bytes[0] === 3 ? FAILURES[rest.readUInt8()] : undefined
  return why === undefined ? null : { kind: 'failed', id, why }
}

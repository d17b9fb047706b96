import type { IncomingMessage } from 'node:http'
import type { ProblemCode } from '../../kernel/refusal.ts'
import type { HttpLimits } from './limits.ts'

/**
 * What is wrong with a request before anybody reads it, or `null`. Two parties who understand an ambiguous request
 * differently is how requests are smuggled and hosts are forged, so there is no guessing: a field that must be single and
 * is not, and a target that is no plain path, are refused. Node's parser has by then refused bad lengths and encodings.
 */
export function flawOf(request: IncomingMessage, limits: HttpLimits): ProblemCode | null {
  const url = request.url ?? ''
  if (url.length > limits.urlBytes) return 'uri-too-long'
  // Absolute targets are for proxies, which this is not; their host would compete with the Host field.
  if (!TARGET.test(url)) return 'request-malformed'
  const { rawHeaders } = request
  if (rawHeaders.length > limits.headerCount * 2) return 'headers-too-large'
  const { host, 'transfer-encoding': coding } = request.headers
  if (host === undefined && request.httpVersion !== '1.0') return 'request-malformed'
  // The parser lets unknown codings pass, and then nobody knows where the body ends.
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || request.httpVersion === '1.0'))
    return 'request-malformed'
  return hasAmbiguousField(rawHeaders) ? 'request-malformed' : null
}

/** A path and query in visible ASCII without `#`, `\`, `"`, `<`, `>`, which no client sends unescaped. */
const TARGET = /^\/[\x21\x24-\x3b\x3d\x3f-\x5b\x5d-\x7e]*$/

/** Whether a field that decides who is asked, by whom, or how the body is read, stands there twice. */
function hasAmbiguousField(rawHeaders: readonly string[]): boolean {
  let seen = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const bit = SINGLE_LENGTHS.has(name.length) ? (SINGLE[name.toLowerCase()] ?? 0) : 0
    if ((seen & bit) !== 0) return true
    seen |= bit
  }
  return false
}

const SINGLE: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  host: 1,
  'content-length': 2,
  'content-type': 4,
  'transfer-encoding': 8,
  authorization: 16,
  origin: 32,
})
const SINGLE_LENGTHS = new Set(Object.keys(SINGLE).map((name) => name.length))

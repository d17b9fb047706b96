import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { BlockList, isIP } from 'node:net'
import { StartRefusal } from '../../kernel/refusal.ts'

/**
 * Who a request comes from. Behind configured proxies that is the rightmost address of `X-Forwarded-For` which is none of
 * theirs; from anybody else the field says nothing, since its sender wrote it.
 *
 * @param trustedProxies - addresses or networks: `10.0.0.0/8`, `::1`.
 *
 * @throws {@link StartRefusal} for what is neither.
 */
export function createAddressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  if (trustedProxies.length === 0) return (request) => peerAddress(request.socket)
  const proxies = new BlockList()
  for (const network of trustedProxies) add(proxies, network)
  return (request) => {
    const peer = peerAddress(request.socket)
    return isTrusted(proxies, peer) ? forwardedFor(request, peer, proxies) : peer
  }
}

/**
 * Whether a connection comes from one of the proxies. For a plain listener behind an edge that ends TLS, which nobody else has
 * any business to reach.
 *
 * @throws {@link StartRefusal} for what is neither an address nor a network.
 */
export function createPeerFilter(proxies: readonly string[]): (socket: Socket) => boolean {
  const allowed = new BlockList()
  for (const network of proxies) add(allowed, network)
  return (socket) => isTrusted(allowed, peerAddress(socket))
}

/** The other end of a connection, IPv4 in its own form; `''` once it is gone. */
export function peerAddress(socket: Socket & { [ADDRESS]?: string }): string {
  const known = socket[ADDRESS]
  if (known !== undefined) return known
  const address = plain(socket.remoteAddress ?? '')
  socket[ADDRESS] = address
  return address
}

/** Read once a connection: after it is closed, the system no longer tells. */
const ADDRESS = Symbol('address')

/** More proxies in a row than anybody runs; the rest of the field is not looked at. */
const MOST_HOPS = 16

function forwardedFor(request: IncomingMessage, peer: string, proxies: BlockList): string {
  const field = request.headers['x-forwarded-for']
  if (typeof field !== 'string') return peer
  let client = peer
  let end = field.length
  for (let hop = 0; hop < MOST_HOPS && end >= 0; hop++) {
    const comma = end === 0 ? -1 : field.lastIndexOf(',', end - 1)
    const candidate = plain(field.slice(comma + 1, end).trim())
    // What a trusted proxy wrote is an address; anything else was written by somebody further out.
    if (isIP(candidate) === 0) return client
    client = candidate
    if (!isTrusted(proxies, candidate)) return client
    end = comma
  }
  return client
}

const isTrusted = (proxies: BlockList, address: string): boolean => {
  const family = isIP(address)
  return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** `::ffff:192.0.2.1` is what a dual-stack socket calls 192.0.2.1. */
const plain = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address

function add(proxies: BlockList, network: string): void {
  const [address = '', bits, ...rest] = network.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (family === 0 || rest.length > 0 || length < 0 || length > most) {
    throw new StartRefusal('trustedProxies', `"${network}" is no address and no network; right would be 10.0.0.0/8`)
  }
  proxies.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4')
}

import { BlockList, isIP } from 'node:net'
import { WrongSetting } from './setting.ts'

/** Parsers of settings: text in, a better type out. All of them refuse rather than repair. */

export const wholeNumber =
  (least: number, most: number, example: number) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new WrongSetting(`must be a whole number from ${least} to ${most}; right would be ${example}`)
  }

export const oneOf =
  <const T extends string>(...choices: readonly T[]) =>
  (text: string): T => {
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    throw new WrongSetting(`must be one of ${choices.join(', ')}`)
  }

/** Parts between commas, each parsed; an empty or repeated one is a mistake. */
export const listOf =
  <T extends string>(parse: (text: string) => T) =>
  (text: string): readonly T[] => {
    const values = text.split(',').map((part) => parse(part.trim()))
    if (new Set(values).size !== values.length) throw new WrongSetting('names something twice; name each once')
    if (values.length > 100) throw new WrongSetting('names more than 100 things; right would be a few')
    return Object.freeze(values)
  }

/** `https://app.example`: scheme and host, exactly as browsers send it. */
export function origin(text: string): string {
  if (text === '*' || text === 'null') {
    throw new WrongSetting('must name each origin; * and null let every site in. Right would be https://app.example')
  }
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new WrongSetting('must be an origin; right would be https://app.example')
  }
  // A URL takes almost any character for a host; `*` in it is a hope, not an origin.
  if (url.origin !== text || !/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)$/.test(url.hostname)) {
    throw new WrongSetting('must be an exact origin, lower-case and without path; right would be https://app.example')
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return text
  throw new WrongSetting('must be https: what comes by http can be anybody. Right would be https://app.example')
}

/** What the first digits of a hash are put behind: `https://api.pwnedpasswords.com/range/`. It ends with a slash, given or not. */
export function rangeService(text: string): string {
  const right = 'right would be https://api.pwnedpasswords.com/range/'
  const url = URL.canParse(text) && text.length <= 500 ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw new WrongSetting(`must be the URL of a service; ${right}`)
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text))
    throw new WrongSetting(`has a user, a query or a fragment, and takes none; ${right}`)
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new WrongSetting(`must be https, or on this machine: what is asked is about passwords; ${right}`)
  return url.pathname.endsWith('/') ? url.href : `${url.href}/`
}

/** `10.0.0.0/8` or `192.0.2.1`. */
export function network(text: string): string {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (family === 0 || rest.length > 0 || length < 0 || length > most) {
    throw new WrongSetting('must be addresses or networks; right would be 10.0.0.0/8,192.0.2.1')
  }
  return text
}

/** Whether a network is so wide that it holds half the internet or more than a private range ever needs. */
export function isTooWide(text: string): boolean {
  const [address = '', bits] = text.split('/')
  return bits !== undefined && Number(bits) < (isIP(address) === 6 ? 16 : 8)
}

/** An IP address or `localhost`. */
export function host(text: string): string {
  if (text === 'localhost' || isIP(text) !== 0) return text
  throw new WrongSetting('must be an IP address; right would be 127.0.0.1')
}

export function isLoopback(hostname: string): boolean {
  const plain = hostname.replace(/^\[(.*)\]$/, '$1')
  if (plain === 'localhost') return true
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** A line of text for people. */
export function line(text: string): string {
  if (/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,100}$/u.test(text) && text.trim() === text) return text
  throw new WrongSetting('must be a line of 1 to 100 characters')
}

/** A path of this machine. */
export function path(text: string): string {
  if (!text.includes('\0') && text.length <= 1000) return text
  throw new WrongSetting('must be a path')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

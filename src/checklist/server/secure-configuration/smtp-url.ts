import { Secret } from '../../../kernel/secret.ts'
import { isLoopback } from './parse.ts'
import { type Mode, WrongSetting } from './setting.ts'

/** Where mails are handed over. */
export interface SmtpTarget {
  readonly host: string
  readonly port: number
  readonly user: string | null
  readonly password: Secret | null
  /**
   * `at-once`: from the first byte (smtps). `required`: STARTTLS, or nothing is said. The certificate is always verified.
   * `none`: loopback in development, or what {@link weakSmtp} refuses.
   */
  readonly tls: 'at-once' | 'required' | 'none'
  /** PEM file of the authority, where it is none of the system's. */
  readonly caFile: string | null
}

/** `smtps://user:password@mail.example` or `smtp://user:password@mail.example:587`. */
export function parseSmtpUrl(text: string, mode: Mode): SmtpTarget {
  const url = URL.parse(text)
  const secure = url?.protocol === 'smtps:'
  if (url === null || (!secure && url.protocol !== 'smtp:') || /\s/.test(text))
    throw new WrongSetting(`must be the URL of a mail server; ${RIGHT}`)
  if (url.hash !== '') throw new WrongSetting(`has a # that must be written %23; ${RIGHT}`)
  if (url.pathname !== '' && url.pathname !== '/') throw new WrongSetting(`has a path; ${RIGHT}`)
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1')
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^[0-9A-Fa-f:.]{2,45}$/.test(host))
    throw new WrongSetting(`must name a host; ${RIGHT}`)
  const parameters = [...url.searchParams.keys()]
  if (parameters.some((name) => !PARAMETERS.includes(name)) || new Set(parameters).size !== parameters.length)
    throw new WrongSetting(`has a parameter beyond ${PARAMETERS.join(' and ')}, or one twice; ${RIGHT}`)
  const starttls = url.searchParams.get('starttls')
  if (starttls !== null && (secure || (starttls !== 'required' && starttls !== 'off')))
    throw new WrongSetting(`takes ?starttls=required or off, and only with smtp:; ${RIGHT}`)
  const caFile = url.searchParams.get('ca')
  if (caFile !== null && !/^\/[^\0]{1,1000}$/.test(caFile))
    throw new WrongSetting(`takes ?ca= as the absolute path of a PEM file; ${RIGHT}`)
  if ((url.username === '') !== (url.password === ''))
    throw new WrongSetting(`names a user without a password, or the other way round; ${RIGHT}`)
  const plain = starttls === 'off' || (starttls === null && mode === 'dev' && isLoopback(host))
  return Object.freeze({
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    user: url.username === '' ? null : decode(url.username),
    password: url.password === '' ? null : new Secret(decode(url.password)),
    tls: secure ? 'at-once' : plain ? 'none' : 'required',
    caFile,
  })
}

/** Why it must not be used: links in mails are secrets. */
export function weakSmtp(target: SmtpTarget, mode: Mode): string | null {
  if (target.tls !== 'none' || (mode === 'dev' && isLoopback(target.host))) return null
  return `sends mails unencrypted (starttls=off); ${RIGHT}`
}

/** Who mails are from: `Notes <notes@app.example>` or the address alone. */
export interface Sender {
  readonly name: string | null
  readonly address: string
}

export function parseSender(text: string): Sender {
  const named = /^([^<>"]{1,100})<([^<>]+)>$/.exec(text.trim())
  const name = named?.[1]?.trim() ?? null
  const address = (named === null ? text : (named[2] ?? '')).trim()
  const sound = ADDRESS.test(address) && address.length <= 254 && !/[\p{Cc}\u2028\u2029]/u.test(text) && name !== ''
  if (!sound)
    throw new WrongSetting('must be an address, with a name or without; right would be Notes <notes@app.example>')
  return Object.freeze({ name, address })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new WrongSetting(`has a % that must be written %25; ${RIGHT}`)
  }
}

const PARAMETERS = ['starttls', 'ca']
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,187}[A-Za-z0-9])?$/
const RIGHT = 'right would be smtps://user:password@mail.example'

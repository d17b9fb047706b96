import type { Secret } from '../../../kernel/secret.ts'
import { isToken } from './token.ts'

/** What a `Cookie` field says of the session: `absent`, `unusable` (twice there, or no token), or the token. */
export type PresentedCookie =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable' }
  | { readonly kind: 'token'; readonly token: string }

/**
 * The cookie's name. `__Host-` makes browsers refuse it without Secure, with a Domain or from another path, so that neither
 * a sibling host nor a plain-HTTP page can plant one [ASVS 3.3.3]. Browsers keep that name on HTTPS only: a development
 * server on loopback without TLS uses the plain one.
 */
export const cookieName = (secure: boolean): string => (secure ? '__Host-session' : 'session')

/**
 * Finds the session cookie in a `Cookie` field as Node hands it over (several fields joined by `; `). Strict: the name must
 * match by case, stand there once, and its value be a token without quotes, spaces or anything after it.
 */
export function readCookie(field: string | undefined, name: string): PresentedCookie {
  if (field === undefined) return ABSENT
  let token: string | undefined
  let found = 0
  let from = 0
  for (;;) {
    const at = field.indexOf(name, from)
    if (at === -1) break
    from = at + name.length
    if (field.charCodeAt(from) !== EQUALS || !startsPair(field, at)) continue
    found++
    const end = field.indexOf(';', from)
    token = field.slice(from + 1, end === -1 ? field.length : end)
  }
  if (found === 0) return ABSENT
  return found === 1 && token !== undefined && isToken(token) ? { kind: 'token', token } : UNUSABLE
}

/**
 * The `Set-Cookie` field that hands a token out.
 *
 * `SameSite=Lax` rather than `Strict`: who follows a link from a mail should not seem signed out. It is no more than a second
 * wall; the first is the check of `Origin`, and GET changes nothing.
 */
export function setCookie(token: Secret, maxAgeSeconds: number, secure: boolean): string {
  return `${cookieName(secure)}=${token.release()}; Path=/; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

/** The `Set-Cookie` field that removes the cookie. */
export const clearCookie = (secure: boolean): string =>
  `${cookieName(secure)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`

/** Whether a name=value pair begins at `at`: at the field's start, or after `;` and spaces. */
function startsPair(field: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && field.charCodeAt(before) === SPACE) before--
  return before < 0 || field.charCodeAt(before) === SEMICOLON
}

const EQUALS = 0x3d
const SEMICOLON = 0x3b
const SPACE = 0x20
const ABSENT: PresentedCookie = Object.freeze({ kind: 'absent' })
const UNUSABLE: PresentedCookie = Object.freeze({ kind: 'unusable' })

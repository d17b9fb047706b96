import { domainToASCII } from 'node:url'

/**
 * The one spelling of an address under which its account is found: lower case, NFC, the domain in its ASCII form
 * (`Zoë@BÜCHER.example` → `zoë@xn--bcher-kva.example`).
 *
 * @returns `null` for what is no address that mail could be sent to.
 *
 * @see the HTML standard's valid e-mail address, widened by letters and digits of any script (RFC 6531)
 */
export function normaliseEmail(text: string): string | null {
  if (text.length > LONGEST || !text.isWellFormed()) return null
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC')
  const domain = domainToASCII(text.slice(at + 1).normalize('NFC')).toLowerCase()
  const sound = at > 0 && LOCAL.test(local) && DOMAIN.test(domain) && !NUMBER.test(domain)
  return sound && local.length + 1 + domain.length <= LONGEST ? `${local}@${domain}` : null
}

/** RFC 5321 4.5.3.1: a path is at most 256 octets, its brackets included. */
const LONGEST = 254
const LOCAL = /^[\p{L}\p{N}\p{M}.!#$%&'*+/=?^_`{|}~-]{1,64}$/u
const DOMAIN = /^(?=.{1,189}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
/** An IPv4 address, or what the URL parser would make one of. */
const NUMBER = /(?:^|\.)\d+$/

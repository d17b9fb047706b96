import { StartRefusal } from '../../../kernel/refusal.ts'

/** What the rule looks at. Fields as they came; `undefined` where they did not. */
export interface CrossSiteFacts {
  readonly method: string
  /** Whether the request brought a session cookie, usable or not. */
  readonly carriesCookie: boolean
  /**
   * What another site's page can send without asking, where the route takes it from anybody and may answer with a session: the
   * fields of a form, or a button alone, as on the page that a mailed link leads to. `null` on any other route.
   */
  readonly simple: 'form' | 'nothing' | null
  readonly origin: string | undefined
  readonly secFetchSite: string | undefined
}

/**
 * Whether a request may pass. The rule binds cookies: they are what a browser adds without being asked. And it binds the
 * forms that give one out: another site's form could sign a visitor in as the attacker, who then reads what they write. The
 * cookie is not there to tell, since `SameSite` keeps it away from such a form.
 *
 * An unsafe method with the cookie needs an `Origin` that is ours or configured, compared whole; without `Origin` it
 * needs `Sec-Fetch-Site` saying that our own page, or the person by hand, sent it. With neither it is refused: every browser
 * in use sends one of them, and a program that has no cookie is not bound. A form without the cookie is refused only where
 * one of the two says that another site sent it.
 *
 * @see OWASP ASVS 5.0, 3.5.1 and 3.5.3
 */
export function passesCrossSiteRule(facts: CrossSiteFacts, isTrusted: (origin: string) => boolean): boolean {
  if (SAFE_METHODS.has(facts.method) || !(facts.carriesCookie || facts.simple !== null)) return true
  if (facts.origin !== undefined) return isTrusted(facts.origin)
  if (!facts.carriesCookie && facts.secFetchSite === undefined) return true
  return facts.secFetchSite === 'same-origin' || facts.secFetchSite === 'none'
}

/**
 * Reads a list of origins: `https://app.example.com`, scheme, host and port as a browser writes them, nothing after.
 *
 * @throws {@link StartRefusal} for anything else, and for `http:` other than on loopback.
 */
export function parseOrigins(setting: string, origins: readonly string[]): ReadonlySet<string> {
  for (const text of origins) {
    const url = URL.canParse(text) ? new URL(text) : null
    if (url === null || url.origin !== text) {
      throw new StartRefusal(
        setting,
        `has ${JSON.stringify(text)}, which is no origin; write it like https://app.example.com`,
      )
    }
    if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) continue
    throw new StartRefusal(setting, `has ${text}, which is not https`)
  }
  return new Set(origins)
}

/** Methods that change nothing [RFC 9110 9.2.1]; a route that breaks this is a fault of the route. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

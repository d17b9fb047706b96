/** Header fields as Node takes them fastest: name, value, name, value. */
export type HeaderList = readonly string[]

export interface SecurityHeaderOptions {
  /** True sends Strict-Transport-Security: only over TLS and never on loopback, where it would bind other projects' ports too. */
  readonly hsts: boolean
}

/** The fields every reply carries that is no page: JSON, problems, redirects, files. */
export function apiHeaders(options: SecurityHeaderOptions): HeaderList {
  return ['content-security-policy', API_POLICY, 'referrer-policy', 'no-referrer', ...common(options)]
}

/**
 * The fields of a page. Its policy runs only scripts that carry `nonce`, and no script may write HTML (Trusted Types).
 * Other sites get no referrer. Our own must: under `no-referrer` browsers send `Origin: null` with the page's forms, and
 * the cross-site rule could not tell them from a stranger's (Fetch standard, "serializing a request origin").
 */
export function pageHeaders(options: SecurityHeaderOptions, nonce: string): HeaderList {
  return ['content-security-policy', pagePolicy(nonce), 'referrer-policy', 'same-origin', ...common(options)]
}

/** The same fields as an object, for Fastify's `reply.headers`. */
export function asObject(headers: HeaderList): Record<string, string> {
  const result: Record<string, string> = {}
  for (let i = 0; i < headers.length; i += 2) result[headers[i] ?? ''] = headers[i + 1] ?? ''
  return result
}

/** The names of these fields, which no route may set for itself; `cache-control` is the exception. */
export const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  'content-security-policy',
  'content-security-policy-report-only',
  'x-content-type-options',
  'referrer-policy',
  'cross-origin-resource-policy',
  'cross-origin-opener-policy',
  'permissions-policy',
  'strict-transport-security',
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
])

/** What a reply that is no page may do in a browser: nothing, not even be framed. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

/**
 * Scripts by nonce only, no string becomes script or HTML (`trusted-types 'none'` allows no policy that could make one),
 * forms and styles of this origin only (ASVS 5.0, 3.4.3).
 */
const pagePolicy = (nonce: string): string =>
  "default-src 'none'; " +
  `script-src 'nonce-${nonce}' 'strict-dynamic'; ` +
  "style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'"

const common = ({ hsts }: SecurityHeaderOptions): HeaderList => [
  'x-content-type-options',
  'nosniff',
  'cross-origin-resource-policy',
  'same-origin',
  'cross-origin-opener-policy',
  'same-origin',
  'permissions-policy',
  'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control',
  'no-store',
  ...(hsts ? ['strict-transport-security', 'max-age=63072000; includeSubDomains'] : []), // 2 years, in seconds
]

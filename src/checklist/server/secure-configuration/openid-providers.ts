import { Secret } from '../../../kernel/secret.ts'
import type { OpenIdProvider } from '../../../platform/openid/index.ts'
import { isLoopback, line } from './parse.ts'
import { type Mode, WrongSetting } from './setting.ts'

/**
 * Reads the list of OpenID providers, JSON:
 * `[{"id": "acme", "label": "Acme", "issuer": "https://id.acme.example", "clientId": "notes", "clientSecret": "…"}]`.
 *
 * @throws {@link WrongSetting} for anything else, naming the place and never the value.
 */
export function parseOpenIdProviders(text: string, mode: Mode): readonly OpenIdProvider[] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw new WrongSetting(`must be JSON; ${RIGHT}`)
  }
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST)
    throw new WrongSetting(`must be a list of 1 to ${MOST} providers; ${RIGHT}`)
  const providers = list.map((one: unknown, index) => parseProvider(one, `provider ${index + 1}`, mode))
  if (new Set(providers.map(({ id }) => id)).size !== providers.length)
    throw new WrongSetting('has two providers of one id; give each its own')
  return Object.freeze(providers)
}

function parseProvider(value: unknown, where: string, mode: Mode): OpenIdProvider {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new WrongSetting(`${where} must be an object; ${RIGHT}`)
  const given = value as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name))
  // Not quoted: it may be a secret on the wrong side of a colon.
  if (unknown !== undefined) throw new WrongSetting(`${where} has more than ${MEMBERS.join(', ')}; ${RIGHT}`)
  const text = (name: (typeof MEMBERS)[number], fits: (text: string) => boolean, right: string): string => {
    const found = given[name]
    if (typeof found === 'string' && fits(found)) return found
    throw new WrongSetting(`${where}: ${name} must be ${right}`)
  }
  return Object.freeze({
    id: text('id', (id) => /^[a-z][a-z0-9-]{0,59}$/.test(id), 'lower-case letters, digits and -, as in acme'),
    label: text('label', isLine, 'a line of 1 to 100 characters, as in Acme'),
    issuer: text(
      'issuer',
      (issuer) => isIssuer(issuer, mode),
      'as the provider writes it, as in https://id.acme.example',
    ),
    clientId: text('clientId', isVisible, 'what the provider gave, 1 to 500 characters'),
    clientSecret: new Secret(text('clientSecret', (secret) => secret.length >= 16 && isVisible(secret), SECRET)),
  })
}

/** HTTPS, or in development plain HTTP on this machine. */
function isIssuer(text: string, mode: Mode): boolean {
  if (text.length > 500 || !URL.canParse(text) || !isVisible(text)) return false
  const url = new URL(text)
  const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  // `https://id.example` and `https://id.example/` are both written; the host is not to be.
  const exact = url.href === text || url.href === `${text}/`
  const reached = url.protocol === 'https:' || (mode === 'dev' && url.protocol === 'http:' && isLoopback(url.hostname))
  return bare && exact && reached && !text.includes('/.well-known/')
}

function isLine(text: string): boolean {
  try {
    return line(text) === text
  } catch {
    return false
  }
}

const isVisible = (text: string): boolean => /^[\x21-\x7e]{1,500}$/.test(text)

const MEMBERS: readonly string[] = ['id', 'label', 'issuer', 'clientId', 'clientSecret']
const MOST = 10
const SECRET = 'what the provider gave, 16 to 500 characters'
const RIGHT =
  'right would be [{"id": "acme", "label": "Acme", "issuer": "https://id.acme.example", "clientId": "…", "clientSecret": "…"}]'

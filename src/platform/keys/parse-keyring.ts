import { StartRefusal } from '../../kernel/refusal.ts'

export interface KeyringContent {
  readonly keys: Readonly<Record<string, readonly { readonly version: number; readonly key: Buffer }[]>>
  readonly passwords: Readonly<Record<string, string>>
}

/** Reads a keyring's text. The messages never quote it. */
export function parseKeyring(file: string, text: string): KeyringContent {
  const refuse = (problem: string): never => {
    throw new StartRefusal(file, `${problem}; restore it from where secrets are kept`)
  }
  const root = record(parse(text) ?? refuse('is damaged: no JSON')) ?? refuse('is damaged: no object')
  if (root.format !== 1) refuse('is damaged, or of a newer release')
  const keys = record(root.keys) ?? refuse('is damaged: no keys')
  const passwords = record(root.passwords) ?? refuse('is damaged: no passwords')
  for (const [role, password] of Object.entries(passwords)) {
    if (typeof password !== 'string' || !/^[\x21-\x7e]{22,200}$/.test(password))
      refuse(`holds a damaged password of ${role}`)
  }
  return {
    keys: Object.fromEntries(
      Object.entries(keys).map(([name, list]) => {
        const versions = Array.isArray(list) ? list.map(versionOf) : []
        const numbers = new Set(versions.map((one) => one?.version))
        if (versions.length === 0 || numbers.size !== versions.length) refuse(`holds a damaged key ${name}`)
        return [name, versions.map((one) => one ?? refuse(`holds a damaged key ${name}`))]
      }),
    ),
    passwords: passwords as Record<string, string>,
  }
}

function versionOf(value: unknown): { readonly version: number; readonly key: Buffer } | undefined {
  const { version, key } = record(value) ?? {}
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) return undefined
  if (typeof key !== 'string' || !/^[A-Za-z0-9+/]{43}=$/.test(key)) return undefined
  return { version, key: Buffer.from(key, 'base64') }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the parser says quotes the text.
    return undefined
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

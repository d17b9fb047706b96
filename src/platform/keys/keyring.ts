import { randomBytes } from 'node:crypto'
import { StartRefusal } from '../../kernel/refusal.ts'
import { Secret } from '../../kernel/secret.ts'
import { type KeyringContent, parseKeyring } from './parse-keyring.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

export interface KeyVersion {
  /** From 1 on, rising. */
  readonly version: number
  /** 32 bytes. */
  readonly key: Secret<Buffer>
}

/** The secrets of one process: versioned keys and passwords. */
export interface Keyring {
  readonly file: string
  /** The newest version of a key: the one to make new things with. */
  current(name: string): KeyVersion
  /** A certain version, to open what was made with it. */
  version(name: string, version: number): KeyVersion
  /** All versions of a key, newest first. */
  all(name: string): readonly KeyVersion[]
  /** The password of a database role. */
  password(role: string): Secret
  /** Adds a new random version of a key to the file, and gives the keyring with it. */
  addVersion(name: string): Keyring
}

/** What a new keyring holds, by name. */
export interface KeyringNames {
  readonly keys?: readonly string[]
  readonly passwords?: readonly string[]
  /** Passwords that another keyring has already made. */
  readonly given?: Readonly<Record<string, Secret>>
}

/**
 * Opens a keyring, making it with new random secrets where there is none. What is there stays as it is; what a newer release
 * needs beside it is added.
 */
export function createKeyring(file: string, names: KeyringNames): Keyring {
  const given = Object.fromEntries(Object.entries(names.given ?? {}).map(([role, secret]) => [role, secret.release()]))
  const made = (names.passwords ?? []).map((role) => [role, randomBytes(24).toString('base64url')] as const)
  const fresh: KeyringContent = {
    keys: Object.fromEntries((names.keys ?? []).map((name) => [name, [{ version: 1, key: randomBytes(32) }]])),
    passwords: { ...Object.fromEntries(made), ...given },
  }
  if (!writePrivateFile(file, serialize(fresh), false)) {
    const standing = parseKeyring(file, readPrivateFile(file))
    const complete = {
      keys: { ...fresh.keys, ...standing.keys },
      passwords: { ...fresh.passwords, ...standing.passwords, ...given },
    }
    const lacks = (there: object, all: object): boolean => Object.keys(there).length < Object.keys(all).length
    const outdated = Object.entries(given).some(([role, password]) => standing.passwords[role] !== password)
    if (outdated || lacks(standing.keys, complete.keys) || lacks(standing.passwords, complete.passwords))
      writePrivateFile(file, serialize(complete), true)
  }
  return openKeyring(file)
}

/** @throws {@link StartRefusal} when the file is missing, damaged, or within reach of others. */
export function openKeyring(file: string): Keyring {
  return keyringOf(file, parseKeyring(file, readPrivateFile(file)))
}

function keyringOf(file: string, content: KeyringContent): Keyring {
  const versions = (name: string): readonly KeyVersion[] => {
    const list = Object.hasOwn(content.keys, name) ? content.keys[name] : undefined
    if (list === undefined)
      throw new StartRefusal(file, `holds no key ${name}; it belongs to another process or release`)
    return list.map(({ version, key }) => ({ version, key: new Secret(key) })).sort((a, b) => b.version - a.version)
  }
  const version = (name: string, wanted: number): KeyVersion => {
    const found = versions(name).find((candidate) => candidate.version === wanted)
    if (found === undefined) throw new StartRefusal(file, `holds no version ${wanted} of the key ${name}; restore it`)
    return found
  }
  return {
    file,
    all: versions,
    version,
    current(name) {
      const [newest] = versions(name)
      if (newest === undefined) throw new StartRefusal(file, `holds no version of the key ${name}; restore it`)
      return newest
    },
    password(role) {
      const password = Object.hasOwn(content.passwords, role) ? content.passwords[role] : undefined
      if (password === undefined) throw new StartRefusal(file, `holds no password of ${role}; restore it`)
      return new Secret(password)
    },
    addVersion(name) {
      const added = { version: (versions(name)[0]?.version ?? 0) + 1, key: randomBytes(32) }
      const keys = { ...content.keys, [name]: [...(content.keys[name] ?? []), added] }
      writePrivateFile(file, serialize({ ...content, keys }), true)
      return openKeyring(file)
    },
  }
}

function serialize(content: KeyringContent): string {
  const keys = Object.fromEntries(
    Object.entries(content.keys).map(([name, versions]) => [
      name,
      versions.map(({ version, key }) => ({ version, key: key.toString('base64') })),
    ]),
  )
  return `${JSON.stringify({ format: 1, keys, passwords: content.passwords }, null, 2)}\n`
}

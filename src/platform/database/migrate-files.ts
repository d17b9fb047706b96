import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartRefusal } from '../../kernel/refusal.ts'

/** Holdfast's own come before the application's. */
export type MigrationOrigin = 'holdfast' | 'application'

export interface MigrationFile {
  readonly origin: MigrationOrigin
  /** `0001_holdfast.sql`: numbered without gaps, applied in that order. */
  readonly name: string
  readonly text: string
  /** SHA-256 of the file, in hexadecimal. */
  readonly checksum: string
}

export interface AppliedMigration {
  readonly origin: MigrationOrigin
  readonly name: string
  readonly checksum: string
}

/** @param application - folder of the application's migrations; one that is not there has none. */
export async function readMigrations(application: string, own: string = OWN): Promise<readonly MigrationFile[]> {
  // An application that names no folder and runs from Holdfast's own checkout would get Holdfast's a second time.
  const applications = resolve(application) === resolve(own) ? [] : await readFolder('application', application)
  return [...(await readFolder('holdfast', own)), ...applications]
}

/**
 * What is still to be applied.
 *
 * @throws StartRefusal for a file that was applied and has changed or gone since: migrations only go forward.
 */
export function pendingMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): readonly MigrationFile[] {
  for (const done of applied) {
    const file = files.find(({ origin, name }) => origin === done.origin && name === done.name)
    if (file === undefined)
      throw new StartRefusal(
        `migration ${done.name}`,
        'was applied to this database, but the file is gone; put it back',
      )
    if (file.checksum !== done.checksum)
      throw new StartRefusal(
        `migration ${done.name}`,
        'was applied to this database and has changed since; put it back and write a new one',
      )
  }
  const isDone = (file: MigrationFile): boolean =>
    applied.some(({ origin, name }) => origin === file.origin && name === file.name)
  const pending = files.filter((file) => !isDone(file))
  for (const file of pending) {
    const later = applied.find(({ origin, name }) => origin === file.origin && name > file.name)
    if (later !== undefined)
      throw new StartRefusal(
        `migration ${file.name}`,
        `comes before ${later.name}, which was applied; give it the next number`,
      )
  }
  return pending
}

async function readFolder(origin: MigrationOrigin, folder: string): Promise<readonly MigrationFile[]> {
  const entries = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && origin === 'application') return []
    throw new StartRefusal(`migrations ${folder}`, 'can not be read', { cause })
  })
  const names = entries.filter((name) => name.endsWith('.sql')).sort()
  names.forEach((name, index) => {
    const number = String(index + 1).padStart(4, '0')
    if (!/^\d{4}_[a-z0-9_]{1,80}\.sql$/.test(name))
      throw new StartRefusal(`migration ${name}`, 'is not named like 0001_what_it_does.sql')
    if (!name.startsWith(number))
      throw new StartRefusal(`migration ${name}`, `should have the number ${number}: they count up by one`)
  })
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name))
      return { origin, name, text: decode(name, bytes), checksum: createHash('sha256').update(bytes).digest('hex') }
    }),
  )
}

function decode(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new StartRefusal(`migration ${name}`, 'is not UTF-8', { cause })
  }
}

const OWN = fileURLToPath(new URL('../../../migrations', import.meta.url))

import { readFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { StartRefusal } from '../../../kernel/refusal.ts'
import { readPrivateFile } from '../../../platform/keys/index.ts'

/** Where secret settings are read from; passed in by tests. */
export interface SecretFiles {
  /** @throws {@link StartRefusal} naming the setting when the file is not there or within reach of others. */
  read(variable: string, file: string): string
}

/**
 * Files of mode 0600, and whatever lies where Docker (/run/secrets) and systemd (CREDENTIALS_DIRECTORY) put secrets: there
 * the place protects them, and the modes are theirs.
 */
export function systemSecretFiles(environment: Readonly<Record<string, string | undefined>>): SecretFiles {
  const places = ['/run/secrets', environment.CREDENTIALS_DIRECTORY].filter(
    (place) => place !== undefined && place !== '',
  )
  return {
    read(variable, file) {
      const path = resolve(file)
      try {
        const given = places.some((place) => path.startsWith(`${resolve(place ?? '')}${sep}`))
        const text = given ? readFileSync(path, 'utf8') : readPrivateFile(path)
        return text.replace(/\r?\n$/, '')
      } catch (error) {
        const reason =
          error instanceof StartRefusal
            ? error.message
            : `${path}: can not be read (${(error as NodeJS.ErrnoException).code})`
        throw new StartRefusal(variable, reason)
      }
    },
  }
}

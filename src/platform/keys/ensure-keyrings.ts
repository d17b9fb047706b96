import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'
import { createKeyring, type Keyring } from './keyring.ts'

/** One keyring a process, so that none can be made to give away what another needs; the data keys are for the two that use them. */
export interface Keyrings {
  /** Passwords of `runtime` and `accounts`. */
  readonly server: Keyring
  /** Passwords of `jobs`, and of `runtime` for the application's own jobs. */
  readonly worker: Keyring
  /** The key `pepper`. */
  readonly hasher: Keyring
  /** Passwords of `dba`, `owner`, `backup`, `auditor`, `readonly`. */
  readonly operator: Keyring
  /** The keys `data` (seals what is stored) and `index` (keyed hashes of what is looked up). For server and worker. */
  readonly data: Keyring
}

/**
 * Opens the keyrings of a backend and makes the missing ones.
 *
 * @param directory - of the keyrings alone; made with mode 0700.
 * @param roles - whose passwords which process has, where it is not as above.
 */
export function ensureKeyrings(
  directory: string,
  roles: { readonly server?: readonly string[]; readonly operator?: readonly string[] } = {},
): Keyrings {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const status = lstatSync(directory)
  if (!status.isDirectory() || status.uid !== process.getuid?.()) {
    throw new StartRefusal(directory, 'is not a directory of ours; make it belong to us, mode 0700')
  }
  // Wider bits here give nothing away yet, since the files have their own.
  if ((status.mode & 0o077) !== 0) chmodSync(directory, 0o700)
  const server = createKeyring(join(directory, 'server.json'), { passwords: roles.server ?? ['runtime', 'accounts'] })
  return {
    server,
    worker: createKeyring(join(directory, 'worker.json'), {
      passwords: ['jobs'],
      given: { runtime: server.password('runtime') },
    }),
    hasher: createKeyring(join(directory, 'hasher.json'), { keys: ['pepper'] }),
    data: createKeyring(join(directory, 'data.json'), { keys: ['data', 'index'] }),
    operator: createKeyring(join(directory, 'operator.json'), {
      passwords: roles.operator ?? ['dba', 'owner', 'backup', 'auditor', 'readonly'],
    }),
  }
}

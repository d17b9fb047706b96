import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Unproved } from '../kernel/claim.ts'
import type { Surface } from '../kernel/surface.ts'
import type { DatabaseVantage, HostVantage } from '../kernel/vantage.ts'
import { openSession } from '../platform/database/open-session.ts'
import { roleName } from '../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { openKeyring } from '../platform/keys/index.ts'
import { connectionAt } from './database-place.ts'
import { declaredSurface } from './declared-surface.ts'
import { definitionHash } from './definition-hash.ts'
import { filesBelow } from './files.ts'
import { readRunning } from './running-file.ts'
import { OPERATOR_KEYRING, type StateDirectory } from './state-directory.ts'

/** The deployed backend, looked at and never touched: its database as the auditor, the files of its state directory. */
export interface InspectedOriginal {
  readonly surface: Surface
  readonly database: DatabaseVantage
  readonly host: HostVantage
  readonly definitionHash: string
  close(): Promise<void>
}

/** Finds the backend that runs on a state directory, or says why there is none to inspect. */
export async function inspectOriginal(
  definition: BackendDefinition,
  state: StateDirectory,
): Promise<InspectedOriginal | { readonly reason: string }> {
  if (!existsSync(join(state.root, OPERATOR_KEYRING))) return { reason: 'nothing has run here yet' }
  const running = readRunning(state)
  if (running === null) return { reason: 'the backend is not running here' }
  const wanted = definitionHash(definition)
  if (running.definitionHash !== wanted) return { reason: 'what runs here has another definition; start it again' }
  const keyring = openKeyring(join(state.root, OPERATOR_KEYRING))
  const session = await openSession({
    connection: connectionAt(running.database, roleName(definition, 'auditor'), keyring.password('auditor')),
    application: 'check, as the auditor',
  })
  return {
    surface: declaredSurface(definition),
    database: {
      admin: session,
      as: () => Promise.reject(new Unproved('the original is only inspected, as the auditor')),
      roleName: (role) => roleName(definition, role),
      connection: running.database,
    },
    host: {
      stateDirectory: state.root,
      files: () => filesBelow(state.root),
      start: () => Promise.reject(new Unproved('the original is not started by check')),
    },
    definitionHash: running.definitionHash,
    close: () => session.close(),
  }
}

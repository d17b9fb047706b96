import { randomBytes } from 'node:crypto'
import { resolveConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { Refusal } from '../kernel/refusal.ts'
import { systemClock } from '../kernel/time.ts'
import type { Database } from '../platform/database/database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import type { Events } from '../platform/events/events.ts'
import type { Hasher } from '../platform/hasher/index.ts'
import type { Sealer } from '../platform/keys/index.ts'
import { createLog } from '../platform/log/log.ts'
import { createMailQueue } from '../platform/mail/index.ts'
import { createOpenIdClient } from '../platform/openid/index.ts'
import { type Backend, composeBackend } from './compose.ts'

export interface StandingParts {
  readonly definition: BackendDefinition
  readonly accounts: Database<HoldfastTables>
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its handlers, not here
  readonly runtime: Database<any>
  readonly sealer: Sealer
  readonly events: Events
  /** Settings that the asked controls are to know, as the environment gives them. Default none. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * The backend as it runs, composed once more on its database, with nobody listening: to ask its controls and routes what they
 * would say. It hashes nothing and hears of no change.
 */
export function composeStanding(parts: StandingParts): Promise<Backend> {
  const clock = systemClock
  return composeBackend(
    {
      ...parts,
      clock,
      random: randomBytes,
      configuration: resolveConfiguration({ environment: { ...parts.settings }, mode: 'dev' }),
      channel: { up: false, upSince: null, notify: async () => undefined, close: async () => undefined },
      hasher: NO_HASHER,
      log: createLog({ name: 'command line', destination: { write: () => undefined } }),
      mail: createMailQueue({ sealer: parts.sealer, clock, random: randomBytes }),
      openid: createOpenIdClient({ providers: [], clock }),
      hsts: false,
      publicOrigins: [],
      onUnrecoverable: () => undefined,
    },
    [],
  )
}

/** The pepper is the hasher process's alone. */
const NO_HASHER: Hasher = {
  hash: () => Promise.reject(new Refusal('overloaded')),
  verify: () => Promise.reject(new Refusal('overloaded')),
  expectRoom() {
    throw new Refusal('overloaded')
  },
  load: () => ({ running: 0, waiting: 0 }),
  close: () => undefined,
}

import type { Kysely } from 'kysely'
import type { Configuration } from '../checklist/server/secure-configuration/index.ts'
import type { Clock } from '../kernel/time.ts'
import type { BreachService } from '../platform/breaches/index.ts'
import type { Channel, Database } from '../platform/database/database.ts'
import type { HoldfastTables } from '../platform/database/tables.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import type { Events } from '../platform/events/events.ts'
import type { Hasher } from '../platform/hasher/index.ts'
import type { Sealer } from '../platform/keys/index.ts'
import type { Log } from '../platform/log/log.ts'
import type { KeptMail } from '../platform/mail/index.ts'
import type { MailQueue } from '../platform/mail/mail.ts'
import type { OpenIdClient } from '../platform/openid/index.ts'
import type { Words } from './words/en/index.ts'

/** A transaction of the accounts role. */
export type AccountsTransaction = Kysely<HoldfastTables>

/** What a backend is composed from: everything that reaches outside, so that tests and twins pass their own. */
export interface BackendParts {
  readonly definition: BackendDefinition
  readonly configuration: Configuration
  readonly clock: Clock
  /** Random bytes; the system's in every running backend. */
  readonly random: (bytes: number) => Buffer
  /** The application's handlers run on it, under row-level security. */
  // biome-ignore lint/suspicious/noExplicitAny: the application's tables are known to its handlers, not here
  readonly runtime: Database<any>
  /** Sign-in and administration run on it. */
  readonly accounts: Database<HoldfastTables>
  readonly events: Events
  readonly channel: Channel
  readonly hasher: Hasher
  readonly log: Log
  /** Seals what is stored and must not be readable in the database. */
  readonly sealer: Sealer
  /** Takes mails in the transaction that is their reason. */
  readonly mail: MailQueue
  /** The mails that were kept instead of sent, newest first; in development without a mail server alone. */
  readonly outbox?: (() => readonly KeptMail[]) | undefined
  /** The way to the OpenID providers at which people may prove who they are. */
  readonly openid: OpenIdClient
  /** The service that knows of passwords from breaches, where one is configured. */
  readonly breaches?: BreachService | undefined
  /** What pages say. Default English. */
  readonly words?: Words | undefined
  /** Sends Strict-Transport-Security; never on loopback. */
  readonly hsts: boolean
  /** Origins under which pages of this backend are served: `https://localhost:3443`. */
  readonly publicOrigins: readonly string[]
  /** Called when the process can no longer be trusted. */
  readonly onUnrecoverable: (error: unknown) => void
}

import type { Mode } from '../checklist/server/secure-configuration/index.ts'

/** Supervisor → server: what to run. Secrets are not in it: the server reads its own keyring. */
export interface ServerTask {
  readonly mode: Mode
  /** Absolute path of the module whose default export is the definition. */
  readonly application: string
  readonly stateDirectory: string
  /** Where the database is, without credentials. */
  readonly database: DatabasePlace
  readonly certificate: { readonly keyFile: string; readonly certificateFile: string } | null
  /** 0 lets the system choose. `null`: not listening. */
  readonly httpsPort: number | null
  readonly httpPort: number | null
  readonly host: string
  /** Origins under which browsers know this backend. */
  readonly publicOrigins: readonly string[]
  /** Folder of mails that were kept instead of sent, for a page to show; development only. */
  readonly outbox: string | null
}

export interface DatabasePlace {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly tls: { readonly ca?: string } | null
}

/** Server → supervisor. */
export type ServerMessage =
  | {
      readonly type: 'ready'
      readonly origins: readonly string[]
      readonly startedInMs: number
      /** Of the definition this server loaded, which after a reload is not the supervisor's. */
      readonly definitionHash: string
    }
  | { readonly type: 'refused'; readonly message: string }

/**
 * Supervisor → worker: what to work for. The password of the mail server is in it, since it comes as a setting; those of the
 * database are in the worker's keyring.
 */
export interface WorkerTask {
  readonly mode: Mode
  readonly application: string
  readonly stateDirectory: string
  readonly database: DatabasePlace
  readonly mail: MailPlace
}

/** Where mails go: to a mail server, or, in development, into files. */
export type MailPlace =
  | { readonly kind: 'outbox'; readonly folder: string }
  | {
      readonly kind: 'smtp'
      readonly host: string
      readonly port: number
      readonly user: string | null
      readonly password: string | null
      readonly tls: 'at-once' | 'required' | 'none'
      /** PEM. */
      readonly ca?: string
      readonly from: { readonly name: string | null; readonly address: string }
    }

/** Worker → supervisor. */
export type WorkerMessage = { readonly type: 'ready' } | { readonly type: 'refused'; readonly message: string }

/** Supervisor → operator, once per start. */
export interface OperatorTask {
  readonly application: string
  readonly stateDirectory: string
  readonly database: DatabasePlace
  readonly publicOrigin: string
  /** Prepare and migrate the embedded database (development); else only compare what stands with the declaration. */
  readonly prepare: boolean
}

/** Operator → supervisor. */
export type OperatorReport =
  | { readonly type: 'prepared'; readonly migrations: readonly string[]; readonly enrolment: string | null }
  | { readonly type: 'refused'; readonly message: string }

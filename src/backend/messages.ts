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

import type { AccessControl } from '../checklist/authentication/access-control/index.ts'
import type { GuessingControl } from '../checklist/authentication/enumeration-and-brute-force/index.ts'
import type { MultiFactor } from '../checklist/authentication/multi-factor/index.ts'
import type { Sessions } from '../checklist/authentication/session-management/index.ts'
import type { StrongAuthentication } from '../checklist/authentication/strong-authentication/index.ts'
import type { Validation } from '../checklist/data/validation-and-encoding/index.ts'
import type { ErrorHandling } from '../checklist/server/error-handling/index.ts'
import type { SecureConfiguration } from '../checklist/server/secure-configuration/index.ts'

/** The controls a running server is composed of, by item. */
export interface Controls {
  readonly 'authentication/strong-authentication': StrongAuthentication
  readonly 'authentication/session-management': Sessions
  readonly 'authentication/access-control': AccessControl
  readonly 'authentication/enumeration-and-brute-force': GuessingControl
  readonly 'authentication/multi-factor': MultiFactor
  readonly 'data/validation-and-encoding': Validation
  readonly 'server/error-handling': ErrorHandling
  readonly 'server/secure-configuration': SecureConfiguration
}

/** What a sabotage plants in a twin: wraps around controls and changes of the server. A running backend has none. */
export interface Faults {
  readonly wrap: <Id extends keyof Controls>(id: Id, control: Controls[Id]) => Controls[Id]
  readonly server: (server: unknown) => void
}

export const NO_FAULTS: Faults = { wrap: (_id, control) => control, server: () => {} }

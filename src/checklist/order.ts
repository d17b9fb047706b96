import type { ItemId } from '../kernel/items.ts'

/** A process that answers requests. */
export type Place = 'backend' | 'gateway' | 'console'

/** A place where a step stands; `assisted`: it works there with what the operator gives it (an OpenAPI file, a path policy, a token format). */
export interface Column {
  readonly place: Place
  readonly assisted: boolean
}

export interface Step {
  /** Whose work it is: an item of the list, or the platform's. */
  readonly by: ItemId | 'platform/http' | 'platform/database' | 'application'
  /** What is done, unique in the list. */
  readonly does: string
}

const step = (by: Step['by'], does: string): Step => ({ by, does })

const B: Column = { place: 'backend', assisted: false }
const G: Column = { place: 'gateway', assisted: false }
const g: Column = { place: 'gateway', assisted: true }
const C: Column = { place: 'console', assisted: false }

/**
 * The order in which a request meets its controls, and then its reply does. Read downwards to follow a request; a column, to see one process.
 * Permission comes before the body is read, so that nobody costs more than a look at the head for what they may not do.
 * Items that are not built yet have their place here already, and nothing is installed for them.
 */
// biome-ignore format: the columns are the documentation
export const ORDER: readonly (readonly [Step, ...Column[]])[] = [
  [step('platform/http', 'limits of header, time and size'),                  B, G, C],
  [step('platform/http', 'request id and client address'),                    B, G, C],
  [step('monitoring/intrusion-detection', 'bans and inspection of the head'), B, G, C],
  [step('api/rate-limiting', 'limits by address'),                            B, G, C],
  [step('authentication/session-management', 'cross-site rules'),             B, G, C],
  [step('authentication/session-management', 'principal of a session'),       B, g, C],
  [step('api/endpoint-protection', 'principal of a key, token, certificate'), B, g, C],
  [step('api/rate-limiting', 'limits by principal'),                          B, G, C],
  [step('authentication/access-control', 'permission and step-up'),           B, g, C],
  [step('platform/http', 'body limits and parsing'),                          B, G, C],
  [step('monitoring/intrusion-detection', 'inspection of the body'),          B, G, C],
  [step('data/validation-and-encoding', 'validation of the input'),           B, g, C],
  [step('application', 'handler'),                                            B, G, C],
  [step('platform/database', 'identity for row-level security'),              B,    C],
  [step('data/validation-and-encoding', 'encoding of the reply'),             B, G, C],
  [step('server/error-handling', 'problem replies and leak watch'),           B, G, C],
  [step('server/secure-configuration', 'header fields of the reply'),         B, G, C],
]

/** The steps of one process, in order. */
export const stepsOf = (place: Place): readonly Step[] =>
  ORDER.filter(([, ...columns]) => columns.some((column) => column.place === place)).map(([first]) => first)

/** The items whose controls one process installs, each once, by where a request first meets them. */
export const installOrder = (place: Place): readonly Step['by'][] => [...new Set(stepsOf(place).map((one) => one.by))]

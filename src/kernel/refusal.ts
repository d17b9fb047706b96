/**
 * Every code a problem reply can carry, with its status and title. Codes are stable: clients switch on them.
 * `docs/errors.md` lists them, and a test holds the two together.
 */
export const PROBLEMS = {
  // The request could not be read.
  'request-malformed': { status: 400, title: 'The request is malformed' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'headers-too-large': { status: 431, title: 'The header fields are too large' },
  'body-malformed': { status: 400, title: 'The body is malformed' },
  'body-too-deep': { status: 400, title: 'The body is nested too deeply' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'content-type-unsupported': { status: 415, title: 'The content type is not accepted here' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'not-found': { status: 404, title: 'There is nothing here' },
  // The request was read and does not fit.
  'input-invalid': { status: 400, title: 'The input does not fit' },
  conflict: { status: 409, title: 'The change conflicts with what stands' },
  'password-refused': { status: 422, title: 'The password can not be accepted' },
  'address-unusable': { status: 409, title: 'The address can not be used' },
  'link-invalid': { status: 410, title: 'The link is not valid' },
  // Who asks, and whether they may.
  'authentication-required': { status: 401, title: 'Sign in first' },
  'credentials-wrong': { status: 401, title: 'The address or the password is wrong' },
  'password-change-required': { status: 403, title: 'Choose another password first' },
  'second-factor-required': { status: 403, title: 'This asks for a second factor' },
  'code-wrong': { status: 401, title: 'The code is wrong or was used' },
  'passkey-refused': { status: 401, title: 'The passkey could not be accepted' },
  'openid-refused': { status: 401, title: 'The sign-in elsewhere could not be accepted' },
  'challenge-required': { status: 403, title: 'A short proof of work is asked for first' },
  'too-many-attempts': { status: 429, title: 'Too many attempts; try again later' },
  'step-up-required': { status: 403, title: 'Confirm who you are first' },
  'permission-missing': { status: 403, title: 'You may not do this' },
  'cross-site': { status: 403, title: 'The request comes from another site' },
  'grant-beyond-own': { status: 403, title: 'Nobody can grant what they do not hold' },
  'last-owner': { status: 409, title: 'The last owner can not be removed' },
  // Ours.
  unexpected: { status: 500, title: 'Something went wrong here' },
  overloaded: { status: 503, title: 'Too much is going on; try again shortly' },
  'database-unavailable': { status: 503, title: 'The database can not be reached; try again shortly' },
  'shutting-down': { status: 503, title: 'The server is stopping; try again shortly' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>

export type ProblemCode = keyof typeof PROBLEMS

export interface RefusalOptions {
  /** For the log only; never sent. */
  readonly cause?: unknown
  /** Which inputs were wrong: JSON pointers or names, and what would be right. Sent. */
  readonly fields?: readonly FieldProblem[]
  /** Sent as `Retry-After`, in whole seconds. */
  readonly retryAfterSeconds?: number
  /** Further header fields of the reply, for instance `Allow`. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface FieldProblem {
  /** Where: `body/title`, `query/page`, `params/id`. */
  readonly at: string
  /** What would be right. Never quotes the value that was sent. */
  readonly problem: string
}

/**
 * A refusal. `message` may be shown to the sender (it becomes the problem's `detail`); `cause` is logged under the
 * reply's id and never serialized.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ProblemCode
  readonly options: RefusalOptions

  constructor(code: ProblemCode, message: string = PROBLEMS[code].title, options: RefusalOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.options = options
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }
}

/**
 * What must not start: a setting, a definition or a migration that is wrong. One line: where, what, what would be right.
 * The command line prints `message` alone and exits with 3.
 */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal'
  /** Where: the setting's name, the route, the file. */
  readonly where: string

  constructor(where: string, message: string, options?: { cause?: unknown }) {
    super(`${where}: ${message}`, options)
    this.where = where
  }
}

/** What a problem reply says (RFC 9457). */
export interface ProblemDetails {
  /** Stable: switch on it. docs/errors.md lists all. */
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string
  /** To quote: the server's log has the cause under it. */
  readonly id: string
  readonly fields?: readonly { readonly at: string; readonly problem: string }[]
}

/** The server refused, or something went wrong there. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: ProblemDetails
  /** Seconds to wait before trying again, where the server says so. */
  readonly retryAfter: number | null

  constructor(problem: ProblemDetails, retryAfter: number | null) {
    super(problem.detail)
    this.problem = problem
    this.retryAfter = retryAfter
  }

  get code(): string {
    return this.problem.code
  }
}

/** The problem of a reply that is none of ours: a proxy's page, a reply cut short. */
export const unknownProblem = (status: number): ProblemDetails => ({
  code: 'unexpected',
  status,
  title: 'The server gave no answer that can be read',
  detail: `The server answered ${status}, without a problem that can be read`,
  id: '',
})

import { type FieldProblem, PROBLEMS, type ProblemCode, type Refusal } from '../../kernel/refusal.ts'

/** The media type of every refusal and error (RFC 9457, Problem Details for HTTP APIs). */
export const PROBLEM_TYPE = 'application/problem+json'

/** What the sender is told. Nothing else of an error leaves. */
export interface Problem {
  /** Stable; clients switch on it. */
  readonly code: ProblemCode
  readonly status: number
  readonly title: string
  readonly detail: string
  /** The request's id: the cause is in the log under it. */
  readonly id: string
  readonly fields?: readonly FieldProblem[]
}

/** The public side of a refusal. */
export function problemOf(refusal: Refusal, id: string): Problem {
  const { status, title } = PROBLEMS[refusal.code]
  const problem = { code: refusal.code, status, title, detail: refusal.message, id }
  return refusal.options.fields === undefined ? problem : { ...problem, fields: refusal.options.fields }
}

/** A problem without a story of its own: its title is the whole of what is told. */
export function plainProblem(code: ProblemCode, id: string): Problem {
  const { status, title } = PROBLEMS[code]
  return { code, status, title, detail: title, id }
}

/** The JSON of a problem: `{ type, title, status, code, detail, id, fields? }`. */
export function problemBody(problem: Problem): string {
  const fields = problem.fields === undefined ? '' : `,"fields":${JSON.stringify(problem.fields)}`
  return `${HEADS[problem.code]}${JSON.stringify(problem.detail)},"id":${JSON.stringify(problem.id)}${fields}}`
}

/** The part of the body that is the same for all problems of a code, written once. */
const HEADS: Readonly<Record<ProblemCode, string>> = Object.fromEntries(
  Object.entries(PROBLEMS).map(([code, { status, title }]) => {
    const head = JSON.stringify({ type: `urn:holdfast:problem:${code}`, title, status, code })
    return [code, `${head.slice(0, -1)},"detail":`]
  }),
) as Record<ProblemCode, string>

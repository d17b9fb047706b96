import { type ProblemCode, Refusal } from '../../kernel/refusal.ts'

/**
 * An error the server reported, or the connection's end. Values of rows and parameters can stand in the message of
 * some SQLSTATE classes ("invalid input syntax for type integer: \"4111…\"") and in every detail, hint and context: the
 * message is kept only where its class can not hold any, the others never.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  /** SQLSTATE, or the system's code: `23505`, `ECONNREFUSED`. */
  readonly code: string
  /** True when the server ends the session with it. */
  readonly fatal: boolean
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly constraint: string | undefined
  /** The function of the server that raised it. */
  readonly routine: string | undefined

  constructor(report: ErrorReport) {
    super(SPEAKING_CLASSES.has(report.code.slice(0, 2)) ? report.message : `SQLSTATE ${report.code}${place(report)}`)
    this.code = report.code
    this.fatal = report.fatal ?? false
    this.schema = report.schema
    this.table = report.table
    this.column = report.column
    this.constraint = report.constraint
    this.routine = report.routine
  }
}

export interface ErrorReport {
  readonly code: string
  readonly message: string
  readonly fatal?: boolean | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
  readonly routine?: string | undefined
}

/**
 * What a failure of the database means for who asked:
 *
 * | SQLSTATE | refusal |
 * | --- | --- |
 * | 08, 57P, 53300, 28, 3D000, 58, lost or refused connection | database-unavailable, retry in a second |
 * | 0A000 and 26000 of a prepared statement that a migration outdated | database-unavailable, retry in a second |
 * | 23505 unique, 23P01 exclusion, 23001 restrict, 40001 and 40P01 (the change may be tried again) | conflict |
 * | all others of class 22 and 23 | input-invalid |
 * | 57014 statement timeout, 55P03 lock timeout, 53 resources, 25P03 idle in transaction | overloaded |
 * | 42501 by a policy's WITH CHECK: the row would be outside what the caller may write | permission-missing |
 * | everything else, a missing grant (42501) included: our mistake | unexpected |
 */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof DatabaseError) return refusalOf(error.code, error)
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    // pg reports errors of the connection phase by its own class; anything of the server is copied without its values.
    const { code } = error
    if (UNREACHABLE.has(code) || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || CERTIFICATE.test(code)) {
      return unavailable(new DatabaseError({ code, message: code }))
    }
    if (SQLSTATE.test(code)) return refusalOf(code, new DatabaseError({ code, message: error.message }))
  }
  return new Refusal('unexpected', undefined, { cause: error })
}

export const unavailable = (cause: unknown): Refusal =>
  new Refusal('database-unavailable', undefined, { cause, retryAfterSeconds: 1 })

export const overloaded = (cause: unknown): Refusal =>
  new Refusal('overloaded', undefined, { cause, retryAfterSeconds: 1 })

function refusalOf(code: string, cause: DatabaseError): Refusal {
  if (code === '42501' && cause.routine === 'ExecWithCheckOptions')
    return new Refusal('permission-missing', undefined, { cause })
  const problem = CODES.get(code) ?? CLASSES.get(code.slice(0, 2)) ?? 'unexpected'
  if (problem === 'database-unavailable') return unavailable(cause)
  if (problem === 'overloaded') return overloaded(cause)
  return new Refusal(problem, undefined, { cause })
}

function place({ schema, table, column, constraint }: ErrorReport): string {
  const relation = [schema, table, column].filter((name) => name !== undefined).join('.')
  return `${relation === '' ? '' : ` at ${relation}`}${constraint === undefined ? '' : ` by ${constraint}`}`
}

const CODES: ReadonlyMap<string, ProblemCode> = new Map([
  ['0A000', 'database-unavailable'],
  ['26000', 'database-unavailable'],
  ['53300', 'database-unavailable'],
  ['57P01', 'database-unavailable'],
  ['57P02', 'database-unavailable'],
  ['57P03', 'database-unavailable'],
  ['57P04', 'database-unavailable'],
  ['57P05', 'database-unavailable'],
  ['3D000', 'database-unavailable'],
  ['23505', 'conflict'],
  ['23P01', 'conflict'],
  ['23001', 'conflict'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['57014', 'overloaded'],
  ['55P03', 'overloaded'],
  ['25P03', 'overloaded'],
  ['25P04', 'overloaded'],
])

const CLASSES: ReadonlyMap<string, ProblemCode> = new Map([
  ['08', 'database-unavailable'],
  ['28', 'database-unavailable'],
  ['58', 'database-unavailable'],
  ['53', 'overloaded'],
  ['22', 'input-invalid'],
  ['23', 'input-invalid'],
])

/** Connection, transaction state, names, syntax, resources, shutdown: their messages quote no values. */
const SPEAKING_CLASSES = new Set([
  '08',
  '0A',
  '25',
  '26',
  '28',
  '34',
  '3D',
  '3F',
  '40',
  '42',
  '53',
  '55',
  '57',
  '58',
  'EC',
  'ET',
  'EH',
  'EN',
  'EP',
  'EA',
])

const SQLSTATE = /^[0-9A-Z]{5}$/

const CERTIFICATE = /CERT|SIGNATURE|ISSUER/

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EACCES',
  'EMFILE',
  'ENFILE',
])

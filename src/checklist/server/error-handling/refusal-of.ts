import { type FieldProblem, type ProblemCode, Refusal } from '../../../kernel/refusal.ts'
import { describeSchemaError, type SchemaError } from '../../../platform/http/compile-schema.ts'

/**
 * What the sender is told about an error. A {@link Refusal} speaks for itself; the framework's own errors have a code
 * here; everything else is `unexpected`, and its message goes to the log alone.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, validation, validationContext } = (error ?? {}) as FrameworkError // anything can be thrown, `undefined` too
  if (Array.isArray(validation)) return inputInvalid(validation, validationContext ?? 'input')
  const known = typeof code === 'string' ? FRAMEWORK[code] : undefined
  // Its code alone: the framework's messages quote the request, and a path may hold a token.
  if (known !== undefined)
    return new Refusal(known, undefined, { cause: code, ...(known === 'body-too-large' ? CLOSE : {}) })
  return new Refusal('unexpected', undefined, { cause: error })
}

interface FrameworkError {
  readonly code?: unknown
  readonly validation?: readonly SchemaError[]
  readonly validationContext?: string
}

const FRAMEWORK: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_BAD_URL: 'request-malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'uri-too-long',
  FST_ERR_NOT_FOUND: 'not-found',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'content-type-unsupported',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body-malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-malformed',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'content-type-unsupported',
  FST_ERR_HANDLER_TIMEOUT: 'overloaded',
  ECONNRESET: 'request-malformed', // the client went away in the middle of its body
  HPE_INVALID_CHUNK_SIZE: 'request-malformed',
}

/** The rest of such a body is not waited for. Smaller ones are read to their end, so that the connection can be kept. */
const CLOSE = { headers: { connection: 'close' } }

function inputInvalid(errors: readonly SchemaError[], part: string): Refusal {
  const fields: FieldProblem[] = errors
    .slice(0, 1)
    .map((error) => ({ at: part + error.instancePath, problem: describeSchemaError(error) }))
  return new Refusal('input-invalid', undefined, { fields })
}

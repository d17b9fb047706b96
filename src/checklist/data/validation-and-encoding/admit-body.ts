import type { FastifyRequest } from 'fastify'
import { Refusal } from '../../../kernel/refusal.ts'
import type { RouteDefinition } from '../../../platform/declaration/definition.ts'

/**
 * Whether a request brings the kind of body that its route reads, before a byte of it is parsed. The content type is
 * compared as a whole: what is nearly JSON is what cross-site forms can send.
 *
 * @throws {@link Refusal} `content-type-unsupported`, and `request-malformed` for a body where none is read.
 */
export function admitBody(request: FastifyRequest, accepts: RouteDefinition['accepts']): void {
  const { headers } = request.raw
  const length = headers['content-length']
  const empty = headers['transfer-encoding'] === undefined && (length === undefined || length === '0')
  if (accepts === 'nothing') {
    if (!empty) throw new Refusal('request-malformed', 'this takes no body')
    return
  }
  // A coded body would be read as it is, by nobody as it was meant.
  if (headers['content-encoding'] !== undefined) {
    throw new Refusal('content-type-unsupported', 'a body is sent as it is, without content-encoding')
  }
  if (empty && headers['content-type'] === undefined) return // the schema says whether a body is needed
  if (!TYPES[accepts].test(headers['content-type'] ?? '')) {
    throw new Refusal('content-type-unsupported', `send ${NAMES[accepts]}`)
  }
}

const TYPES = {
  json: /^application\/json(?:; ?charset=(?:utf-8|"utf-8"))?$/i,
  form: /^application\/x-www-form-urlencoded(?:; ?charset=(?:utf-8|"utf-8"))?$/i,
} as const

const NAMES = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const

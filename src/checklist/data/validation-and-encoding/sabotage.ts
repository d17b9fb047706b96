import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { JsonSchema } from '../../../kernel/surface.ts'
import { Answer } from '../../../platform/declaration/definition.ts'
import { createNonce } from '../../../platform/http/nonce.ts'
import type { Validation } from './control.ts'

/** Faults that people ship, each of which takes this item away. */
export const sabotages: readonly Sabotage<Validation>[] = [
  {
    name: 'unknown-properties-dropped',
    fault: "The validator drops what it does not know instead of refusing it, as Fastify's default does.",
    leaves: 'present',
    caughtBy: ['unknown-properties'],
    plant: (plan) => plan.control((c) => ({ ...c, strictness: { ...c.strictness, removeAdditional: 'all' } })),
  },
  {
    name: 'nested-objects-open',
    fault: 'A body is closed to unknown properties at its top; the objects within take anything.',
    leaves: 'present',
    caughtBy: ['unknown-properties'],
    plant: (plan) =>
      plan.control((c) => ({ ...c, closeRequest: (schema, where) => openWithin(c.closeRequest(schema, where)) })),
  },
  {
    name: 'list-bounds-dropped',
    fault: 'Texts are bounded, and a list of them may be as long as the body.',
    leaves: 'present',
    caughtBy: ['body-violations'],
    plant: (plan) =>
      plan.control((c) => ({ ...c, closeRequest: (schema, where) => unboundedLists(c.closeRequest(schema, where)) })),
  },
  {
    name: 'types-coerced',
    fault: "The validator changes a value's type until it fits, as Fastify's default does.",
    leaves: 'present',
    caughtBy: ['body-violations'],
    plant: (plan) => plan.control((c) => ({ ...c, strictness: { ...c.strictness, coerceTypes: 'array' } })),
  },
  {
    name: 'verdict-kept-by-shape',
    fault: 'To save time, a body whose fields have the names of one that was taken is not looked at again.',
    leaves: 'present',
    caughtBy: ['generated-input'],
    plant: (plan) =>
      plan.control((c) => {
        const taken = new Map<unknown, Set<string>>()
        return {
          ...c,
          validate: (check, value) => {
            const shapes = taken.get(check) ?? new Set()
            taken.set(check, shapes)
            const shape = Object.keys(value ?? {}).join()
            if (check.part === 'body' && shapes.has(shape)) return null
            const verdict = c.validate(check, value)
            if (verdict === null) shapes.add(shape)
            return verdict
          },
        }
      }),
  },
  {
    name: 'query-verdict-ignored',
    fault: 'Query and path are validated, and nobody looks at the verdict.',
    leaves: 'present',
    caughtBy: ['query-violations'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        validate: (check, value) => {
          const verdict = c.validate(check, value)
          return check.part === 'query' || check.part === 'params' ? null : verdict
        },
      })),
  },
  {
    name: 'plain-json-parser',
    fault: 'Bodies are read by JSON.parse alone.',
    leaves: 'absent',
    caughtBy: ['hostile-json'],
    plant: (plan) => plan.control((c) => ({ ...c, parseJson: (bytes) => parsed(c, bytes) })),
  },
  {
    name: 'encoding-repaired',
    fault: 'A middleware turns the body into a text before it is checked, which replaces invalid UTF-8.',
    leaves: 'present',
    caughtBy: ['hostile-json'],
    plant: (plan) =>
      plan.control((c) => ({ ...c, parseJson: (bytes) => c.parseJson(Buffer.from(bytes.toString('utf8'))) })),
  },
  {
    name: 'content-type-unchecked',
    fault: 'A body is parsed whatever its content type says.',
    leaves: 'absent',
    caughtBy: ['content-type'],
    plant: (plan) => plan.control((c) => ({ ...c, admitBody: () => {} })),
  },
  {
    name: 'serializer-passes-everything',
    fault: 'Handlers return whole rows, and the serializer writes whatever it is given.',
    leaves: 'present',
    caughtBy: ['response-contract'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        serialize: (_write, value) => JSON.stringify(value),
        send: (request, reply, route, result) => c.send(request, reply, route, wholeRow(result)),
      })),
  },
  {
    name: 'serializer-not-used',
    fault: 'The serializers are compiled from the response schemas, and replies are written by JSON.stringify.',
    leaves: 'present',
    caughtBy: ['planted-field'],
    plant: (plan) => plan.control((c) => ({ ...c, serialize: (_write, value) => JSON.stringify(value) })),
  },
  {
    name: 'headers-forgotten',
    fault: 'Security headers were set by a proxy that is no longer there.',
    leaves: 'absent',
    caughtBy: ['headers'],
    plant: (plan) => plan.control((c) => ({ ...c, apiHeaders: () => [] })),
  },
  {
    name: 'errors-without-nosniff',
    fault: 'The proxy adds its fields to good replies only: nginx’s add_header without always.',
    leaves: 'present',
    caughtBy: ['headers'],
    plant: (plan) =>
      plan.server((server) => {
        ;(server as FastifyInstance).addHook('onRequest', (_request, reply, done) => {
          withoutNosniff(reply.raw)
          done()
        })
      }),
  },
  {
    name: 'nonce-kept',
    fault: 'The nonce is made once, when the server starts, and stands in every page.',
    leaves: 'present',
    caughtBy: ['page-policy'],
    plant: (plan) => {
      const kept = createNonce()
      plan.server((server) => {
        ;(server as FastifyInstance).addHook('preHandler', (request, _reply, done) => {
          if (request.nonce !== '') request.nonce = kept
          done()
        })
      })
    },
  },
  {
    name: 'unsafe-inline',
    fault: "An inline script did not run, so the pages' policy got 'unsafe-inline'.",
    leaves: 'present',
    caughtBy: ['page-policy'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        pageHeaders: (nonce) =>
          c
            .pageHeaders(nonce)
            .map((value) => value.replace(/'nonce-[^']+' 'strict-dynamic'/, "'self' 'unsafe-inline'")),
      })),
  },
  {
    name: 'autoescape-off',
    fault: 'The templates write values as they are.',
    leaves: 'present',
    caughtBy: ['page-escaping'],
    plant: (plan) => plan.control((c) => ({ ...c, page: (value) => unescaped(c.page(value)) })),
  },
  {
    name: 'first-cell-alone-made-harmless',
    fault: 'Lines of the export, not their cells, are looked at for formulas.',
    leaves: 'present',
    caughtBy: ['csv-formulas'],
    plant: (plan) => plan.control((c) => ({ ...c, csv: (value) => c.csv(value).replace(/,("?)'/g, ',$1') })),
  },
]

/** A closed schema whose inner objects let anything in. */
const openWithin = (schema: JsonSchema): JsonSchema =>
  changed(schema, (part, depth) =>
    depth > 0 && part.type === 'object' ? { ...part, additionalProperties: true } : part,
  )

/** A closed schema whose lists have any length. */
const unboundedLists = (schema: JsonSchema): JsonSchema => changed(schema, ({ maxItems: _, ...part }) => part)

/** A schema with every part of it changed, the innermost first. */
function changed(schema: JsonSchema, change: (part: JsonSchema, depth: number) => JsonSchema, depth = 0): JsonSchema {
  const within = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(within)
    return typeof part === 'object' && part !== null ? changed(part as JsonSchema, change, depth + 1) : part
  }
  return change(Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, within(part)])), depth)
}

/** Takes the field off whatever is written with a status of failure. */
function withoutNosniff(raw: ServerResponse): void {
  const write = raw.writeHead.bind(raw) as (...given: unknown[]) => ServerResponse
  raw.writeHead = (status: number, ...rest: unknown[]) => {
    if (status < 400) return write(status, ...rest)
    raw.removeHeader('x-content-type-options')
    return write(status, ...rest.map(withoutField))
  }
}

function withoutField(fields: unknown): unknown {
  if (!Array.isArray(fields)) return fields
  const at = fields.indexOf('x-content-type-options')
  return at === -1 ? fields : fields.toSpliced(at, 2)
}

function parsed(c: Validation, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return c.parseJson(bytes) // refuses it in the right words
  }
}

/** What a handler returns that selects every column. */
function wholeRow(result: unknown): unknown {
  if (result instanceof Answer) return new Answer(result.status, wholeRow(result.body), result.headers)
  const plain = typeof result === 'object' && result !== null && Object.getPrototypeOf(result) === Object.prototype
  return plain ? { ...result, password_hash: 'not for you' } : result
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'")

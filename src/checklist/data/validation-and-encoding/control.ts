import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Refusal } from '../../../kernel/refusal.ts'
import type { JsonSchema } from '../../../kernel/surface.ts'
import type { RouteDefinition } from '../../../platform/declaration/definition.ts'
import type { Csv } from '../../../platform/html/csv.ts'
import type { Html } from '../../../platform/html/html.ts'
import { type CompileOptions, createSchemaCompiler, STRICT } from '../../../platform/http/compile-schema.ts'
import { createNonce } from '../../../platform/http/nonce.ts'
import {
  apiHeaders,
  asObject,
  type HeaderList,
  pageHeaders,
  type SecurityHeaderOptions,
} from '../../../platform/http/security-headers.ts'
import { admitBody } from './admit-body.ts'
import { type Part, type PartCheck, partCheck, verdictOn } from './check-part.ts'
import { closeRequestSchema, closeResponseSchema } from './close-schema.ts'
import { type Contract, contractOf, hasPage, replyWith } from './response-contract.ts'
import { type MalformedQuery, type Pairs, parseForm, parseQuery } from './strict-form.ts'
import { parseJson } from './strict-json.ts'

/** Which security headers replies carry. */
export interface ValidationOptions extends SecurityHeaderOptions {
  /** Whether a route that declares `redirect-out` may send people to an address outside. Default never. */
  readonly leadsOut?: (address: string) => boolean
}

/**
 * Validation in, encoding out. The composition root calls the first four functions; the others are the policies that
 * they follow, called through the object, so that each can be replaced.
 */
export interface Validation {
  /** Adds the body parsers and what requests are decorated with. */
  install(server: FastifyInstance): void
  /** What `createHttpServer` needs of it. */
  serverOptions(): { querystringParser: (text: string) => Record<string, unknown> }
  /**
   * The options with which a route is given to Fastify, apart from its handler.
   *
   * @throws StartRefusal for a schema that leaves a gap.
   */
  routeOptions(route: RouteDefinition): Omit<RouteOptions, 'handler'>
  /**
   * Sends what a handler returned, by the route's declared responses and nothing else.
   *
   * @throws {@link Refusal} `not-found` for `undefined`. Whatever does not fit the declaration throws an Error, which becomes a 500.
   */
  send(request: FastifyRequest, reply: FastifyReply, route: RouteDefinition, result: unknown): void

  /** How strictly values are checked. */
  readonly strictness: CompileOptions
  closeRequest(schema: JsonSchema, where: string): JsonSchema
  closeResponse(schema: JsonSchema, where: string): JsonSchema
  parseJson(bytes: Buffer): unknown
  parseForm(bytes: Buffer): Pairs
  parseQuery(text: string): Pairs | MalformedQuery
  /** Whether the request's body is of the kind its route reads. Throws a Refusal. */
  admitBody(request: FastifyRequest, accepts: RouteDefinition['accepts']): void
  /** Why a part of a request is refused, or `null`. */
  validate(check: PartCheck, value: unknown): Refusal | null
  /** A value as JSON by the compiled response schema. */
  serialize(write: (value: unknown) => string, value: unknown): string
  /** A page as text. */
  page(value: Html): string
  /** A table as text. */
  csv(value: Csv): string
  /** Whether a redirect may lead to an address outside. */
  leadsOut(address: string): boolean
  apiHeaders(): HeaderList
  pageHeaders(nonce: string): HeaderList
}

export function createValidation(options: ValidationOptions): Validation {
  const contracts = new WeakMap<RouteDefinition, Contract>()
  return {
    install(server) {
      server.decorateRequest('nonce', '')
      const headers = asObject(this.apiHeaders())
      // Replies of the contract and problems have their fields; what a hook or a plugin sends by itself gets them here.
      server.addHook('onSend', (_request, reply, payload, done) => {
        for (const name in headers) if (!reply.hasHeader(name)) reply.header(name, headers[name])
        done(null, payload)
      })
      server.removeAllContentTypeParsers()
      server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
        settle(done, () => this.parseJson(body as Buffer)),
      )
      server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) =>
        settle(done, () => this.parseForm(body as Buffer)),
      )
    },

    serverOptions() {
      return { querystringParser: (text) => this.parseQuery(text) as Record<string, unknown> }
    },

    routeOptions(route) {
      const where = `${route.method} ${route.path}`
      const form = route.accepts === 'form'
      const page = hasPage(route)
      const compile = createSchemaCompiler(this.strictness)
      const checkFor = (part: Part, schema: JsonSchema): PartCheck => {
        const closed =
          part === 'headers'
            ? headersSchema(this.closeRequest(headersSchema(schema), `${where} headers`))
            : this.closeRequest(schema, `${where} ${part}`)
        return partCheck(part, closed, compile, form)
      }
      const { params, query, headers, body, response } = route.schema
      contracts.set(route, contractOf(route, this))
      return {
        method: route.method,
        url: route.path,
        bodyLimit: route.maxBody,
        config: { declared: route },
        onRequest: (request, _reply, done) => {
          if (page) request.nonce = createNonce()
          settle(
            (error) => done(error ?? undefined),
            () => this.admitBody(request, route.accepts),
          )
        },
        schema: {
          params: checkFor('params', params ?? NOTHING),
          querystring: checkFor('query', query ?? NOTHING),
          ...(headers === undefined ? {} : { headers: checkFor('headers', headers) }),
          ...(body === undefined ? {} : { body: checkFor('body', body) }),
          response: jsonResponses(response, (schema, status) =>
            this.closeResponse(schema, `${where} response ${status}`),
          ),
        },
        // Each part comes compiled already: Fastify only has to call it.
        validatorCompiler: ({ schema }) => {
          const check = schema as unknown as PartCheck
          return (value: unknown) => {
            const refusal = this.validate(check, value)
            return refusal === null ? true : { error: refusal }
          }
        },
      }
    },

    send(request, reply, route, result) {
      const contract = contracts.get(route)
      if (contract === undefined) throw new Error(`${route.method} ${route.path} was not registered`)
      if (result === undefined) throw new Refusal('not-found')
      replyWith(contract, request, reply, result)
    },

    strictness: STRICT,
    closeRequest: closeRequestSchema,
    closeResponse: closeResponseSchema,
    parseJson,
    parseForm,
    parseQuery,
    admitBody,
    validate: verdictOn,
    serialize: (write, value) => write(value),
    page: (value) => value.toString(),
    csv: (value) => value.toString(),
    leadsOut: (address) => /^https?:\/\/[\x21-\x7e]+$/.test(address) && options.leadsOut?.(address) === true,
    apiHeaders: () => apiHeaders(options),
    pageHeaders: (nonce) => pageHeaders(options, nonce),
  }
}

const NOTHING: JsonSchema = Object.freeze({ type: 'object', properties: Object.freeze({}) })

/** Fastify's callback, given what `work` returns or throws. */
function settle(done: (error: Error | null, value?: unknown) => void, work: () => unknown): void {
  let value: unknown
  try {
    value = work()
  } catch (error) {
    done(error instanceof Error ? error : new Error('what was thrown is no Error'))
    return
  }
  done(null, value)
}

/** Of the header fields a route names those it reads; what else comes with a request is not its business. */
const headersSchema = ({ additionalProperties: _, properties, required, ...rest }: JsonSchema): JsonSchema => ({
  ...rest,
  properties: Object.fromEntries(
    Object.entries((properties ?? {}) as Record<string, unknown>).map(([name, part]) => [name.toLowerCase(), part]),
  ),
  ...(Array.isArray(required) ? { required: required.map((name) => String(name).toLowerCase()) } : {}),
})

function jsonResponses(
  responses: RouteDefinition['schema']['response'],
  close: (schema: JsonSchema, status: string) => JsonSchema,
): Record<string, JsonSchema> {
  const result: Record<string, JsonSchema> = {}
  for (const [status, contract] of Object.entries(responses)) {
    if (typeof contract !== 'string') result[status] = close(contract, status)
  }
  return result
}

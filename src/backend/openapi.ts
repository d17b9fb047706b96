import { PROBLEMS } from '../kernel/refusal.ts'
import type { Access, JsonSchema, ResponseContract } from '../kernel/surface.ts'
import type { BackendDefinition, RouteDefinition } from '../platform/declaration/definition.ts'

/**
 * The JSON interface as an OpenAPI 3.1 document, made from the routes that are registered: it can't say what does not run. Pages are
 * left out; they are for people.
 *
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function openApiOf(
  definition: Pick<BackendDefinition, 'title' | 'permissions'>,
  routes: readonly RouteDefinition[],
): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    if (isPage(route)) continue
    const path = route.path.replaceAll(/:([A-Za-z0-9_]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.1',
    info: { title: definition.title, version: '1' },
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: '__Host-session' } },
      schemas: { Problem: PROBLEM_SCHEMA },
      responses: {
        Problem: {
          description: 'What was refused, or went wrong',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

const isPage = ({ accepts, schema }: RouteDefinition): boolean =>
  accepts === 'form' ||
  Object.values(schema.response).some((contract) => typeof contract === 'string' && PAGES.has(contract))
const PAGES: ReadonlySet<ResponseContract> = new Set(['html', 'redirect', 'redirect-out', 'css', 'script'])

function operationOf(route: RouteDefinition): JsonSchema {
  const { params, query, headers, body, response } = route.schema
  return {
    operationId: operationId(route),
    ...(route.access.kind === 'public' ? {} : { security: [{ session: [] }] }),
    ...askedOf(route.access),
    parameters: [...parametersOf('path', params), ...parametersOf('query', query), ...parametersOf('header', headers)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(response).map(([status, contract]) => [status, responseOf(contract)])),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

/** `GET /notes/:id` → `getNotesById`. */
function operationId({ method, path }: RouteDefinition): string {
  const words = path
    .split('/')
    .filter(Boolean)
    .flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split(/[^A-Za-z0-9]+/)))
  return [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('')
}

/** Who may call it, for people and for generators that look at extensions. */
function askedOf(access: Access): JsonSchema {
  if (access.kind === 'public') return {}
  return {
    ...(access.kind === 'permission' ? { 'x-permission': access.permission } : {}),
    ...(access.stepUp === undefined ? {} : { 'x-step-up-seconds': access.stepUp.within }),
    ...(access.stepUp?.assurance === undefined ? {} : { 'x-step-up-assurance': access.stepUp.assurance }),
  }
}

function parametersOf(place: 'path' | 'query' | 'header', schema: JsonSchema | undefined): readonly JsonSchema[] {
  const properties = (schema?.properties ?? {}) as Readonly<Record<string, JsonSchema>>
  const required = new Set((schema?.required ?? []) as readonly string[])
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: one,
  }))
}

function responseOf(contract: ResponseContract): JsonSchema {
  if (contract === 'empty') return { description: 'Done' }
  if (contract === 'csv') return { description: 'A table', content: { 'text/csv': { schema: { type: 'string' } } } }
  if (contract === 'document') return { description: 'A document', content: { 'application/json': { schema: {} } } }
  if (contract === 'text') return { description: 'Text', content: { 'text/plain': { schema: { type: 'string' } } } }
  return { description: 'Done', content: { 'application/json': { schema: contract } } }
}

/** @see RFC 9457 */
const PROBLEM_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'id'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(PROBLEMS), description: 'Stable: clients switch on it' },
    detail: { type: 'string' },
    id: { type: 'string', description: 'Quote it; the log has the cause under it' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['at', 'problem'],
        properties: { at: { type: 'string' }, problem: { type: 'string' } },
      },
    },
  },
}

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { minutes } from '../kernel/time.ts'
import type { RouteDefinition } from '../platform/declaration/definition.ts'
import { openApiOf } from './openapi.ts'

const route = (given: Partial<RouteDefinition>): RouteDefinition => ({
  method: 'GET',
  path: '/notes/:id',
  access: { kind: 'public' },
  schema: { response: { 200: { type: 'object' } } },
  accepts: 'nothing',
  maxBody: 1024,
  builtIn: false,
  handler: () => undefined,
  ...given,
})
const operation = (given: RouteDefinition): Record<string, unknown> => {
  const { paths } = openApiOf({ title: 'Notes', permissions: {} }, [given]) as {
    paths: Record<string, Record<string, Record<string, unknown>>>
  }
  return Object.values(Object.values(paths)[0] ?? {})[0] ?? {}
}

suite('the OpenAPI document', () => {
  test('names paths, parameters and operations as OpenAPI does', () => {
    const document = openApiOf({ title: 'Notes', permissions: {} }, [
      route({
        schema: {
          params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
          query: { type: 'object', properties: { page: { type: 'integer' } } },
          response: { 200: { type: 'object' } },
        },
      }),
      route({ method: 'DELETE', schema: { response: { 204: 'empty' } } }),
    ]) as { paths: Record<string, Record<string, { operationId: string; parameters: unknown }>> }
    const notes = document.paths['/notes/{id}']
    assert.deepEqual(Object.keys(notes ?? {}), ['get', 'delete'])
    assert.equal(notes?.get?.operationId, 'getNotesById')
    assert.deepEqual(notes?.get?.parameters, [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'page', in: 'query', required: false, schema: { type: 'integer' } },
    ])
  })

  test('says who may call', () => {
    assert.equal(operation(route({})).security, undefined)
    const asked = operation(
      route({ access: { kind: 'permission', permission: 'note:read', stepUp: { within: minutes(5), assurance: 2 } } }),
    )
    assert.deepEqual(asked.security, [{ session: [] }])
    assert.equal(asked['x-permission'], 'note:read')
    assert.equal(asked['x-step-up-seconds'], 300)
    assert.equal(asked['x-step-up-assurance'], 2)
  })

  test('says how refusals look, for every route', () => {
    const { default: refused } = operation(route({})).responses as Record<string, unknown>
    assert.deepEqual(refused, { $ref: '#/components/responses/Problem' })
  })

  test('leaves out what is for people', () => {
    for (const page of [
      route({ accepts: 'form' }),
      route({ schema: { response: { 200: 'html' } } }),
      route({ schema: { response: { 303: 'redirect' } } }),
    ])
      assert.deepEqual(openApiOf({ title: 'Notes', permissions: {} }, [page]).paths, {})
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Principal } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import {
  answer,
  type BackendDefinition,
  type HandlerContext,
  type RouteDefinition,
  type TableDefinition,
} from '../../../platform/declaration/definition.ts'
import { createFieldControl } from './fields.ts'

const column = (name: string) =>
  ({ name, type: 'text', classification: 'plain', nullable: false, primary: name === 'id', generated: false }) as const
const note: TableDefinition = {
  name: 'note',
  schema: 'app',
  columns: ['id', 'title', 'pin', 'salary'].map(column),
  definitions: [],
  indexes: [],
}
const role = { grants: [], inherits: [] }
const definition: Pick<BackendDefinition, 'tables' | 'roles' | 'fields' | 'routes'> = {
  tables: [note, { ...note, name: 'tag' }],
  roles: { member: role, clerk: role, chief: role, guest: role },
  routes: [],
  fields: {
    note: {
      member: { readable: ['id', 'title'], writable: ['title'] },
      clerk: { readable: ['id', 'pin'], writable: [] },
      chief: {},
    },
  },
}
const fields = createFieldControl(definition, (roles) => new Set(roles))
const as = (...roles: string[]): Principal => ({
  accountId: 'ada',
  sessionId: 's',
  tenantId: null,
  roles,
  effectiveRoles: roles,
  permissions: new Map(),
  assurance: 1,
  authenticatedAt: 0,
})
const row = { id: '1', title: 'a', pin: 'b', salary: 'c' }

suite('what somebody reads of a row', () => {
  for (const [who, principal, left] of [
    ['a member', as('member'), { id: '1', title: 'a' }],
    ['somebody with two roles: what either reads', as('member', 'clerk'), { id: '1', title: 'a', pin: 'b' }],
    ['whose role has no list: all', as('chief'), row],
    ['whose role is not named: nothing', as('guest'), {}],
    ['somebody without a role: nothing', as(), {}],
    ['nobody: nothing', null, {}],
    [
      'whose second role is not of effect yet: what the first reads',
      { ...as('member'), roles: ['member', 'chief'] },
      { id: '1', title: 'a' },
    ],
    ['a role named like a property of every object: nothing', as('constructor'), {}],
  ] as const) {
    test(`as ${who}`, () => {
      assert.deepEqual(fields.filterReadable(principal, 'note', row), left)
    })
  }

  test('is left out wherever it stands, and what is no column stays', () => {
    const at = new Date(0)
    const page = { notes: [{ ...row, at, tags: [{ pin: 'x', label: 'y' }] }], total: 1, next: null }
    assert.deepEqual(fields.filterReadable(as('member'), 'note', page), {
      notes: [{ id: '1', title: 'a', at, tags: [{ label: 'y' }] }],
      total: 1,
      next: null,
    })
    assert.equal(page.notes[0]?.pin, 'b')
  })

  test('is everything where a table has no rules, and the value is given back as it is', () => {
    assert.equal(fields.filterReadable(null, 'tag', row), row)
    assert.equal(fields.filterReadable(as('chief'), 'note', row), row)
  })

  test('does not go out where it is too deep to be looked through', () => {
    let deep: unknown = row
    for (let depth = 0; depth < 20; depth++) deep = { deep }
    assert.throws(() => fields.filterReadable(as('member'), 'note', deep), { code: 'unexpected' })
  })
})

suite('what somebody writes of a row', () => {
  test('passes where every column is writable, or is none', () => {
    fields.refuseUnwritable(as('member'), 'note', { title: 'x', comment: 'no column' })
    fields.refuseUnwritable(as('chief'), 'note', row)
    fields.refuseUnwritable(as('guest'), 'note', undefined)
  })
  test('is refused with the names of what is not', () => {
    assert.throws(
      () => fields.refuseUnwritable(as('member'), 'note', { title: 'x', salary: '9', pin: null }),
      (error) => {
        assert.ok(error instanceof Refusal)
        assert.equal(error.code, 'permission-missing')
        assert.deepEqual(
          error.options.fields?.map(({ at }) => at),
          ['body/salary', 'body/pin'],
        )
        return true
      },
    )
    assert.throws(() => fields.refuseUnwritable(as('clerk'), 'note', { title: 'x' }), { code: 'permission-missing' })
  })
  test('is refused wherever in the body it stands', () => {
    assert.throws(
      () => fields.refuseUnwritable(as('member'), 'note', { notes: [{ title: 'x' }, { more: { pin: 'y' } }] }),
      (error) => error instanceof Refusal && error.options.fields?.[0]?.at === 'body/notes/1/more/pin',
    )
    const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => ({ inner }), {})
    assert.throws(() => fields.refuseUnwritable(as('member'), 'note', deep), { code: 'permission-missing' })
  })
})

suite('a handler', () => {
  const context = (principal: Principal, body?: unknown) => ({ principal, body }) as unknown as HandlerContext
  test('of a route about a table with rules answers and takes what its caller may read and write', async () => {
    const handle = fields.withFields({ object: 'note', handler: async () => row })
    assert.deepEqual(await handle(context(as('member'))), { id: '1', title: 'a' })
    await assert.rejects(async () => handle(context(as('member'), { pin: 'x' })), { code: 'permission-missing' })
    const made = fields.withFields({ object: 'note', handler: () => answer(201, row, { location: '/notes/1' }) })
    assert.deepEqual(await made(context(as('clerk'))), answer(201, { id: '1', pin: 'b' }, { location: '/notes/1' }))
  })
  test('of any other route is left as it is', () => {
    const handler = () => row
    assert.equal(fields.withFields({ handler }), handler)
    assert.equal(fields.withFields({ object: 'tag', handler }), handler)
  })
})

suite('field rules do not start where they name', () => {
  for (const [what, rules, where] of [
    ['no table', { ghost: {} }, 'fields.ghost'],
    ['no role', { note: { ghost: {} } }, 'fields.note.ghost'],
    ['no column to read', { note: { member: { readable: ['ghost'] } } }, 'fields.note.member'],
    ['no column to write', { note: { member: { writable: ['ghost'] } } }, 'fields.note.member'],
  ] as const) {
    test(what, () => {
      assert.throws(() => createFieldControl({ ...definition, fields: rules }, () => new Set()), {
        name: 'StartRefusal',
        where,
      })
    })
  }

  test('a column that the reply of a route requires', () => {
    const route = {
      method: 'GET',
      path: '/notes',
      object: 'note',
      schema: { response: { 200: { type: 'array', items: { type: 'object', required: ['id', 'salary'] } } } },
    } as unknown as RouteDefinition
    assert.throws(() => createFieldControl({ ...definition, routes: [route] }, () => new Set()), {
      where: 'route GET /notes',
    })
  })
})

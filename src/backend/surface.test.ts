import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defineBackend } from '../platform/declaration/index.ts'
import { surfaceOf } from './surface.ts'

const definition = defineBackend({
  name: 'notes',
  tables: [],
  permissions: { 'note:read': 'Read notes', 'note:write': 'Write notes' },
  roles: {
    reader: ['note:read'],
    writer: { grants: ['note:write', 'note:read@tenant'], inherits: ['reader'] },
    editor: { grants: ['note:write@all'], inherits: ['writer'] },
    keeper: { grants: [], secondFactor: true },
    heir: { grants: [], inherits: ['reader', 'keeper'] },
  },
  routes() {},
})

suite('what a surface says of roles', () => {
  const { roles } = surfaceOf(definition, [])
  for (const [role, held] of [
    ['reader', { 'note:read': 'own' }],
    ['writer', { 'note:write': 'own', 'note:read': 'tenant' }],
    ['editor', { 'note:write': 'all', 'note:read': 'tenant' }],
    ['member', {}],
  ] as const) {
    test(`${role} holds what is declared and inherited, in its widest scope`, () => assert.deepEqual(roles[role], held))
  }

  test('which require a second factor: the three that always do, those declared to, and what inherits from them', () =>
    assert.deepEqual([...(surfaceOf(definition, []).secondFactor ?? [])].sort(), [
      'admin',
      'auditor',
      'heir',
      'keeper',
      'owner',
    ]))
})

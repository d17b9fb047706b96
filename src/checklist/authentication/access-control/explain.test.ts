import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Principal } from '../../../kernel/principal.ts'
import type { Access } from '../../../kernel/surface.ts'
import { minutes } from '../../../kernel/time.ts'
import { explainAccess } from './explain.ts'
import { createRoleStore } from './role-store.ts'

const NOW = 1_800_000_000_000
const store = createRoleStore(
  async () => [
    { name: 'member', origin: 'declared', grants: ['note:read'], inherits: [] },
    { name: 'editor', origin: 'custom', grants: ['note:write@tenant'], inherits: ['member'] },
  ],
  new Set(['note:read', 'note:write', 'role:manage']),
)
before(() => store.reload())

const editor = (): Principal => ({
  accountId: 'ada',
  sessionId: 's',
  tenantId: null,
  roles: ['editor'],
  permissions: store.permissionsOf(['editor']),
  assurance: 1,
  authenticatedAt: NOW - 600_000,
})

suite('why somebody may or may not', () => {
  for (const [what, who, access, lines] of [
    ['call a public route', () => null, { kind: 'public' }, ['PUT /x is public.', 'Allowed.']],
    [
      'call without signing in',
      () => null,
      { kind: 'signed-in' },
      ['PUT /x is for whoever is signed in.', 'Nobody is signed in.', 'Refused: authentication-required.'],
    ],
    [
      'use a permission of their own role',
      editor,
      { kind: 'permission', permission: 'note:write' },
      [
        'PUT /x asks for note:write.',
        'Roles: editor.',
        'editor grants note:write@tenant.',
        'note:write is held for their tenant; row-level security shows nothing else.',
        'Allowed.',
      ],
    ],
    [
      'use an inherited permission',
      editor,
      { kind: 'permission', permission: 'note:read' },
      [
        'PUT /x asks for note:read.',
        'Roles: editor.',
        'editor grants note:read, through member.',
        'note:read is held for their own objects; row-level security shows nothing else.',
        'Allowed.',
      ],
    ],
    [
      'use what they do not hold',
      editor,
      { kind: 'permission', permission: 'role:manage' },
      ['PUT /x asks for role:manage.', 'Roles: editor.', 'role:manage is not held.', 'Refused: permission-missing.'],
    ],
    [
      'do what asks for a recent proof',
      editor,
      { kind: 'signed-in', stepUp: minutes(5) },
      [
        'PUT /x is for whoever is signed in.',
        'Roles: editor.',
        'The last proof of who they are must not be older than 300 s; it is too old.',
        'Refused: step-up-required.',
      ],
    ],
  ] as readonly (readonly [string, () => Principal | null, Access, readonly string[]])[]) {
    test(what, () => {
      assert.deepEqual(explainAccess(who(), { method: 'PUT', path: '/x', access }, store, { now: () => NOW }), lines)
    })
  }
})

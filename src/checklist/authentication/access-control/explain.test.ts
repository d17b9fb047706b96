import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Principal } from '../../../kernel/principal.ts'
import type { ProblemCode } from '../../../kernel/refusal.ts'
import type { Access } from '../../../kernel/surface.ts'
import { minutes } from '../../../kernel/time.ts'
import { column, table } from '../../../platform/declaration/index.ts'
import { type ExplainedPerson, type ExplainParts, explainAccess } from './explain.ts'
import { createFieldControl } from './fields.ts'
import { createRoleStore } from './role-store.ts'

const NOW = 1_800_000_000_000
const store = createRoleStore(
  async () => [
    { name: 'member', origin: 'declared', grants: ['note:read'], inherits: [] },
    { name: 'editor', origin: 'custom', grants: ['note:write@tenant'], inherits: ['member'] },
    { name: 'senior', origin: 'custom', grants: [], inherits: ['chief', 'editor'] },
    { name: 'chief', origin: 'custom', grants: [], inherits: ['editor'] },
    { name: 'broken', origin: 'custom', grants: ['note:fly'], inherits: [] },
  ],
  new Set(['note:read', 'note:write', 'role:manage']),
)
before(() => store.reload())

const note = table(
  'note',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    title: column.text({ max: 20 }).plain(),
    rating: column.integer({ min: 0, max: 5 }).plain(),
  },
  { tenant: 'workspace', owner: 'owner', sharedThrough: 'note_share' },
)
const definition = {
  permissions: { 'note:read': 'Read notes', 'note:write': 'Write notes', 'role:manage': 'Manage roles' },
  tables: [note.definition],
  routes: [],
  roles: { member: { grants: [], inherits: [] } },
  fields: { note: { member: { readable: ['id', 'title'], writable: [] } } },
}
const parts: ExplainParts = {
  definition,
  roles: store,
  fields: createFieldControl(definition, store.lineageOf),
  clock: { now: () => NOW },
}

const somebody = (roles: readonly string[], more: Partial<Principal> = {}): ExplainedPerson => ({
  principal: {
    accountId: 'ada',
    sessionId: 's',
    tenantId: 'here',
    roles,
    effectiveRoles: roles,
    permissions: store.permissionsOf(roles),
    assurance: 1,
    authenticatedAt: NOW - 600_000,
    ...more,
  },
})
const NOTE_WRITE: Access = { kind: 'permission', permission: 'note:write' }
const NOTE_READ: Access = { kind: 'permission', permission: 'note:read' }
const MANAGE: Access = { kind: 'permission', permission: 'role:manage' }

suite('why somebody may or may not', () => {
  for (const [what, who, access, refusal, lines] of [
    ['call a public route', () => null, { kind: 'public' }, null, ['PUT /x is public.', 'Allowed.']],
    [
      'call without signing in',
      () => null,
      { kind: 'signed-in' },
      'authentication-required',
      ['PUT /x is for whoever is signed in.', 'Nobody is signed in.', 'Refused: authentication-required.'],
    ],
    [
      'use a permission of their own role',
      () => somebody(['editor']),
      NOTE_WRITE,
      null,
      [
        'PUT /x asks for note:write (Write notes).',
        'Roles: editor.',
        'editor grants note:write@tenant.',
        'note:write is held for their tenant.',
        'Of note row-level security shows every row, where workspace is their tenant; any other is not found.',
        'Columns of note they read: id, title; they write: none.',
        'Allowed.',
      ],
    ],
    [
      'use an inherited permission, by the shortest way',
      () => ({ ...somebody(['senior']), given: new Map([['senior', 'by bob@example.org']]) }),
      NOTE_READ,
      null,
      [
        'PUT /x asks for note:read (Read notes).',
        'Roles: senior (given by bob@example.org).',
        'senior → editor → member grants note:read.',
        'note:read is held for their own objects.',
        'Of note row-level security shows rows whose owner they are or that was lent to them (note_share), where workspace is their tenant; any other is not found.',
        'Columns of note they read: id, title; they write: none.',
        'Allowed.',
      ],
    ],
    [
      'see anything without a tenant',
      () => somebody(['editor'], { tenantId: null }),
      NOTE_WRITE,
      null,
      [
        'PUT /x asks for note:write (Write notes).',
        'Roles: editor.',
        'editor grants note:write@tenant.',
        'note:write is held for their tenant.',
        'Of note row-level security shows no row, since no tenant is chosen; any other is not found.',
        'Columns of note they read: id, title; they write: none.',
        'Allowed.',
      ],
    ],
    [
      'use what they do not hold',
      () => somebody(['editor']),
      MANAGE,
      'permission-missing',
      [
        'PUT /x asks for role:manage (Manage roles).',
        'Roles: editor.',
        'role:manage is not held.',
        'Refused: permission-missing.',
      ],
    ],
    [
      'use a role that is not understood',
      () => somebody(['broken']),
      NOTE_READ,
      'permission-missing',
      [
        'PUT /x asks for note:read (Read notes).',
        'Roles: broken.',
        'Left out: role broken: permission note:fly is not declared.',
        'note:read is not held.',
        'Refused: permission-missing.',
      ],
    ],
    [
      'use what asks for a second factor, having none',
      () => somebody(['editor'], { permissions: new Map(), withheld: new Set(['note:write']) }),
      NOTE_WRITE,
      'second-factor-required',
      [
        'PUT /x asks for note:write (Write notes).',
        'Roles: editor.',
        'editor grants note:write@tenant.',
        'Of the roles that hold note:write nothing is of effect before a second factor is proved.',
        'They have none: they add one on the page of their account.',
        'Refused: second-factor-required.',
      ],
    ],
    [
      'use what asks for a second factor, not having shown it',
      () => somebody(['editor'], { permissions: new Map(), withheld: new Set(['note:write']), secondFactor: true }),
      NOTE_WRITE,
      'second-factor-required',
      [
        'PUT /x asks for note:write (Write notes).',
        'Roles: editor.',
        'editor grants note:write@tenant.',
        'Of the roles that hold note:write nothing is of effect before a second factor is proved.',
        'They have one, and this session stands for one factor: they sign in with it, or confirm with it.',
        'Refused: second-factor-required.',
      ],
    ],
    [
      'do what asks for a recent proof',
      () => somebody(['editor']),
      { kind: 'signed-in', stepUp: { within: minutes(5) } },
      'step-up-required',
      [
        'PUT /x is for whoever is signed in.',
        'Roles: editor.',
        'Where it reads or changes objects, that is for their own ones.',
        'The last proof of who they are must not be older than 300 s; it is too old.',
        'Refused: step-up-required.',
      ],
    ],
    [
      'do what asks for a recent proof with one factor of two',
      () => somebody(['editor'], { secondFactor: true, authenticatedAt: NOW }),
      { kind: 'signed-in', stepUp: { within: minutes(5) } },
      'step-up-required',
      [
        'PUT /x is for whoever is signed in.',
        'Roles: editor.',
        'Where it reads or changes objects, that is for their own ones.',
        'The last proof of who they are must not be older than 300 s; it is recent enough.',
        'It must be with their second factor, and was not.',
        'Refused: step-up-required.',
      ],
    ],
    [
      'do what asks for two factors, having one',
      () => somebody(['editor'], { authenticatedAt: NOW }),
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 2 } },
      'second-factor-required',
      [
        'PUT /x is for whoever is signed in.',
        'Roles: editor.',
        'Where it reads or changes objects, that is for their own ones.',
        'The last proof of who they are must not be older than 300 s; it is recent enough.',
        'It must be with a second factor, and they have no second factor: they add one on the page of their account.',
        'Refused: second-factor-required.',
      ],
    ],
    [
      'do what asks for a passkey that stays on one device, with another factor',
      () => somebody(['editor'], { secondFactor: true, assurance: 2, authenticatedAt: NOW }),
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 3 } },
      'step-up-required',
      [
        'PUT /x is for whoever is signed in.',
        'Roles: editor.',
        'Where it reads or changes objects, that is for their own ones.',
        'The last proof of who they are must not be older than 300 s; it is recent enough.',
        'It must be with a passkey that stays on one device, and was not.',
        'Refused: step-up-required.',
      ],
    ],
    [
      'do what asks for two factors, having proved both',
      () => somebody(['editor'], { secondFactor: true, assurance: 2, authenticatedAt: NOW }),
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 2 } },
      null,
      [
        'PUT /x is for whoever is signed in.',
        'Roles: editor.',
        'Where it reads or changes objects, that is for their own ones.',
        'The last proof of who they are must not be older than 300 s; it is recent enough.',
        'It must be with a second factor, and was.',
        'Allowed.',
      ],
    ],
  ] as readonly (readonly [string, () => ExplainedPerson | null, Access, ProblemCode | null, readonly string[]])[]) {
    test(what, () => {
      const explained = explainAccess(who(), { method: 'PUT', path: '/x', access }, parts)
      assert.deepEqual(explained.lines, lines)
      assert.equal(explained.refusal, refusal)
    })
  }
})

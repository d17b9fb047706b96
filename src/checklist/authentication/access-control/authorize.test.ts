import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { NOBODY, type Principal, type Scope } from '../../../kernel/principal.ts'
import type { Access } from '../../../kernel/surface.ts'
import { minutes, seconds } from '../../../kernel/time.ts'
import { authorizeRoute, type GuardedRoute, identityFor, isRecent } from './authorize.ts'
import { freezeMap } from './roles.ts'

const NOW = 1_800_000_000_000
const declared = new Set(['note:read', 'note:write', 'role:manage'])

const principal = (held: Record<string, Scope>, over: Partial<Principal> = {}): Principal => ({
  accountId: 'ada',
  sessionId: 's1',
  tenantId: 't1',
  roles: ['member'],
  effectiveRoles: ['member'],
  permissions: freezeMap(new Map(Object.entries(held))),
  assurance: 1,
  authenticatedAt: NOW,
  ...over,
})
const route = (access: Access): GuardedRoute => ({ method: 'GET', path: '/notes/:id', access })

function check(access: Access, who: Principal | null | undefined): readonly SecurityEvent[] {
  const events: SecurityEvent[] = []
  const authorize = authorizeRoute(route(access), {
    declared,
    clock: { now: () => NOW },
    report: (event) => events.push(event),
  })
  const request = { principal: who, clientAddress: '192.0.2.7', id: 'r-1' } as unknown as FastifyRequest
  try {
    authorize(request)
  } catch (error) {
    throw Object.assign(error as Error, { events })
  }
  return events
}

suite('a route', () => {
  test('that is public lets everybody through', () => {
    check({ kind: 'public' }, null)
    check({ kind: 'public' }, principal({}))
  })

  test('lets through who holds its permission, however far it reaches', () => {
    for (const scope of ['own', 'tenant', 'all'] as const) {
      check({ kind: 'permission', permission: 'note:read' }, principal({ 'note:read': scope }))
    }
  })

  test('for the signed-in asks for no permission', () => {
    check({ kind: 'signed-in' }, principal({}))
  })

  test('lets through who proved as much as it asks for, or more', () => {
    const within = minutes(5)
    check({ kind: 'signed-in', stepUp: { within } }, principal({}))
    check({ kind: 'signed-in', stepUp: { within } }, principal({}, { assurance: 2, secondFactor: true }))
    check({ kind: 'signed-in', stepUp: { within, assurance: 2 } }, principal({}, { assurance: 2, secondFactor: true }))
    check({ kind: 'signed-in', stepUp: { within, assurance: 2 } }, principal({}, { assurance: 3, secondFactor: true }))
    check({ kind: 'signed-in', stepUp: { within, assurance: 3 } }, principal({}, { assurance: 3, secondFactor: true }))
  })

  for (const [who, access, caller, code] of [
    ['nobody on a route for the signed-in', { kind: 'signed-in' }, null, 'authentication-required'],
    [
      'nobody on a route with a permission',
      { kind: 'permission', permission: 'note:read' },
      null,
      'authentication-required',
    ],
    [
      'a request that never got a principal',
      { kind: 'permission', permission: 'note:read' },
      undefined,
      'authentication-required',
    ],
    [
      'somebody without permissions',
      { kind: 'permission', permission: 'note:read' },
      principal({}),
      'permission-missing',
    ],
    [
      'who holds another permission',
      { kind: 'permission', permission: 'note:read' },
      principal({ 'note:write': 'all' }),
      'permission-missing',
    ],
    [
      'who holds one that begins alike',
      { kind: 'permission', permission: 'note:read' },
      principal({ 'note:readall': 'all', 'note:': 'all' }),
      'permission-missing',
    ],
    [
      'a permission whose scope is none',
      { kind: 'permission', permission: 'note:read' },
      principal({ 'note:read': 'everything' as Scope }),
      'permission-missing',
    ],
    [
      'a permission whose scope is undefined',
      { kind: 'permission', permission: 'note:read' },
      principal({ 'note:read': undefined as unknown as Scope }),
      'permission-missing',
    ],
    [
      'a proof that is too old',
      { kind: 'permission', permission: 'role:manage', stepUp: { within: minutes(5) } },
      principal({ 'role:manage': 'own' }, { authenticatedAt: NOW - 300_001 }),
      'step-up-required',
    ],
    [
      'a proof that is too old, signed in',
      { kind: 'signed-in', stepUp: { within: seconds(1) } },
      principal({}, { authenticatedAt: NOW - 1001 }),
      'step-up-required',
    ],
    [
      'a recent proof without the second factor that they have',
      { kind: 'signed-in', stepUp: { within: minutes(5) } },
      principal({}, { assurance: 1, secondFactor: true }),
      'step-up-required',
    ],
    [
      'a proof from the future',
      { kind: 'signed-in', stepUp: { within: minutes(5) } },
      principal({}, { authenticatedAt: NOW + 120_000 }),
      'step-up-required',
    ],
    [
      'a proof at no moment',
      { kind: 'signed-in', stepUp: { within: minutes(5) } },
      principal({}, { authenticatedAt: Number.NaN }),
      'step-up-required',
    ],
    [
      'an undefined moment',
      { kind: 'signed-in', stepUp: { within: minutes(5) } },
      principal({}, { authenticatedAt: undefined as unknown as number }),
      'step-up-required',
    ],
    [
      'one factor of who has no other, where two are asked for',
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 2 } },
      principal({}, { assurance: 1 }),
      'second-factor-required',
    ],
    [
      'one factor of who has another, where two are asked for',
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 2 } },
      principal({}, { assurance: 1, secondFactor: true }),
      'step-up-required',
    ],
    [
      'two factors that were proved too long ago',
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 2 } },
      principal({}, { assurance: 2, secondFactor: true, authenticatedAt: NOW - 300_001 }),
      'step-up-required',
    ],
    [
      'two factors where a passkey that stays on one device is asked for',
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 3 } },
      principal({}, { assurance: 2, secondFactor: true }),
      'step-up-required',
    ],
    [
      'an assurance that is none',
      { kind: 'signed-in', stepUp: { within: minutes(5), assurance: 2 } },
      principal({}, { assurance: Number.NaN as 1, secondFactor: true }),
      'step-up-required',
    ],
    [
      'who lacks the permission before asking for a proof',
      { kind: 'permission', permission: 'role:manage', stepUp: { within: minutes(5) } },
      principal({}, { authenticatedAt: 0 }),
      'permission-missing',
    ],
  ] as readonly (readonly [string, Access, Principal | null | undefined, string])[]) {
    test(`refuses ${who}`, () => {
      assert.throws(() => check(access, caller), { code })
    })
  }

  test('reports who lacked which permission, and nothing where it let through', () => {
    assert.deepEqual(check({ kind: 'permission', permission: 'note:read' }, principal({ 'note:read': 'own' })), [])
    assert.throws(
      () => check({ kind: 'permission', permission: 'note:write' }, principal({ 'note:read': 'own' })),
      (error: Error & { events: readonly SecurityEvent[] }) => {
        assert.deepEqual(error.events, [
          {
            name: 'authz_fail',
            result: 'failure',
            fields: { permission: 'note:write', reason: 'not held' },
            accountId: 'ada',
            sessionId: 's1',
            tenantId: 't1',
            object: 'route GET /notes/:id',
            address: '192.0.2.7',
            requestId: 'r-1',
          },
        ])
        return true
      },
    )
  })

  for (const [flaw, access] of [
    ['says nothing', undefined],
    ['says nothing that is known', { kind: 'everybody' }],
    ['says null', null],
    ['names an undeclared permission', { kind: 'permission', permission: 'note:delete' }],
    ['names no permission', { kind: 'permission' }],
    ['names a property of every object', { kind: 'permission', permission: 'constructor' }],
    ['asks for a proof of no length', { kind: 'signed-in', stepUp: { within: 0 } }],
    ['asks for a proof of a length that is no number', { kind: 'signed-in', stepUp: { within: '300' } }],
    ['asks for a proof of any age', { kind: 'signed-in', stepUp: { within: Number.POSITIVE_INFINITY } }],
    ['asks for a proof in seconds alone', { kind: 'signed-in', stepUp: 300 }],
    ['asks for one factor', { kind: 'signed-in', stepUp: { within: 300, assurance: 1 } }],
    ['asks for an assurance that there is not', { kind: 'signed-in', stepUp: { within: 300, assurance: 4 } }],
    ['asks for an assurance in words', { kind: 'signed-in', stepUp: { within: 300, assurance: '2' } }],
  ] as const) {
    test(`does not start where it ${flaw}`, () => {
      const parts = { declared, clock: { now: () => NOW }, report: () => undefined }
      assert.throws(() => authorizeRoute(route(access as unknown as Access), parts), {
        name: 'StartRefusal',
        where: 'route GET /notes/:id',
      })
    })
  }
})

suite('row-level security is told', () => {
  test('the scope of the permission the route asks for', () => {
    const who = principal({ 'note:read': 'tenant', 'note:write': 'own' })
    assert.deepEqual(identityFor(route({ kind: 'permission', permission: 'note:read' }), who), {
      accountId: 'ada',
      tenantId: 't1',
      scope: 'tenant',
    })
    assert.deepEqual(identityFor(route({ kind: 'permission', permission: 'note:write' }), who), {
      accountId: 'ada',
      tenantId: 't1',
      scope: 'own',
    })
  })
  test('own scope where the route asks for no permission', () => {
    const who = principal({ 'note:read': 'all' })
    for (const access of [{ kind: 'signed-in' }, { kind: 'public' }] as const)
      assert.equal(identityFor(route(access), who).scope, 'own')
  })
  test('nobody where nobody asks or the permission is not held', () => {
    assert.equal(identityFor(route({ kind: 'public' }), null), NOBODY)
    assert.equal(identityFor(route({ kind: 'permission', permission: 'note:read' }), principal({})), NOBODY)
    assert.equal(
      identityFor(route({ kind: 'permission', permission: 'note:read' }), principal({ 'note:read': 'odd' as Scope })),
      NOBODY,
    )
  })
})

test('a proof is recent up to and including the limit', () => {
  assert.equal(isRecent(NOW - 300_000, NOW, minutes(5)), true)
  assert.equal(isRecent(NOW - 300_001, NOW, minutes(5)), false)
  assert.equal(isRecent(NOW + 1_000, NOW, minutes(5)), true)
})

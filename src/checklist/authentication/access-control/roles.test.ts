import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Scope } from '../../../kernel/principal.ts'
import { covers, freezeMap, parseGrant, resolveRoles, type StoredRole, unionOf, wider } from './roles.ts'

const declared = new Set(['note:read', 'note:write', 'user:read'])
const role = (name: string, grants: string[], inherits: string[] = []): StoredRole => ({
  name,
  origin: 'custom',
  grants,
  inherits,
})
const effective = (roles: StoredRole[], name: string) =>
  Object.fromEntries(resolveRoles(roles, declared).permissions.get(name) ?? [])

suite('roles', () => {
  test('grant what they and their ancestors grant, the wider scope winning', () => {
    const roles = [
      role('reader', ['note:read@tenant']),
      role('writer', ['note:read', 'note:write'], ['reader']),
      role('chief', ['note:write@all'], ['writer']),
    ]
    assert.deepEqual(effective(roles, 'writer'), { 'note:read': 'tenant', 'note:write': 'own' })
    assert.deepEqual(effective(roles, 'chief'), { 'note:read': 'tenant', 'note:write': 'all' })
    assert.deepEqual([...(resolveRoles(roles, declared).lineage.get('chief') ?? [])].sort(), [
      'chief',
      'reader',
      'writer',
    ])
  })

  test('grant nothing where they inherit in a circle, and neither does who inherits from one', () => {
    const roles = [role('a', ['note:read'], ['b']), role('b', ['note:write'], ['a']), role('c', ['user:read'], ['a'])]
    for (const name of ['a', 'b', 'c']) assert.deepEqual(effective(roles, name), {})
    assert.equal(resolveRoles(roles, declared).problems.length, 3)
  })

  test('inherit the same ancestor on two ways without that being a circle', () => {
    const roles = [
      role('top', [], ['left', 'right']),
      role('left', [], ['base']),
      role('right', [], ['base']),
      role('base', ['note:read']),
    ]
    assert.deepEqual(effective(roles, 'top'), { 'note:read': 'own' })
  })

  for (const [flaw, grant] of [
    ['an undeclared permission', 'note:readall'],
    ['a permission that begins like a declared one', 'note:rea'],
    ['an unknown scope', 'note:read@world'],
    ['a wildcard', 'note:*'],
    ['nothing', ''],
    ['a property of every object', '__proto__'],
    ['white space', ' note:read'],
    ['a line end', 'note:read\n'],
  ] as const) {
    test(`grant nothing by ${flaw}`, () => {
      const resolved = resolveRoles([role('r', [grant, 'user:read'])], declared)
      assert.deepEqual(Object.fromEntries(resolved.permissions.get('r') ?? []), { 'user:read': 'own' })
      assert.equal(resolved.problems.length, 1)
    })
  }

  test('take nothing from a role that does not exist', () => {
    assert.deepEqual(effective([role('r', ['note:read'], ['ghost'])], 'r'), { 'note:read': 'own' })
  })

  test('let an auditor read and nothing else, whatever is stored', () => {
    const roles = [role('auditor', ['note:read@all', 'note:write@all'], ['writer']), role('writer', ['note:write'])]
    assert.deepEqual(effective(roles, 'auditor'), { 'note:read': 'all' })
  })

  test('are worked out for a chain as long as the table of roles', () => {
    const chain = Array.from({ length: 500 }, (_, n) =>
      role(`r${n}`, n === 499 ? ['note:read@all'] : [], n === 499 ? [] : [`r${n + 1}`]),
    )
    assert.deepEqual(effective(chain, 'r0'), { 'note:read': 'all' })
  })

  test('can not be written to once they are resolved', () => {
    const map = resolveRoles([role('r', ['note:read'])], declared).permissions.get('r') as Map<string, Scope>
    assert.throws(() => map.set('note:write', 'all'), TypeError)
    assert.throws(() => map.delete('note:read'), TypeError)
    assert.throws(() => map.clear(), TypeError)
    assert.equal(map.get('note:read'), 'own')
  })
})

suite('inheritance, whatever the roles', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const grants = ['note:read', 'note:read@tenant', 'note:write@all', 'user:read', 'ghost:read', 'bad']
  // Each role inherits from earlier ones only: no circles.
  const acyclic = fc
    .tuple(
      ...names.map((name, index) =>
        fc.record({
          name: fc.constant(name),
          origin: fc.constant('custom' as const),
          grants: fc.subarray(grants),
          inherits: fc.subarray(names.slice(0, index)),
        }),
      ),
    )
    .map((roles) => roles as StoredRole[])
  const any = fc
    .tuple(
      ...names.map((name) =>
        fc.record({
          name: fc.constant(name),
          origin: fc.constant('custom' as const),
          grants: fc.subarray(grants),
          inherits: fc.subarray(names),
        }),
      ),
    )
    .map((roles) => roles as StoredRole[])

  test('an heir covers everything its ancestors grant', () => {
    fc.assert(
      fc.property(acyclic, (roles) => {
        const { permissions } = resolveRoles(roles, declared)
        for (const { name, inherits } of roles) {
          for (const ancestor of inherits) {
            for (const [permission, scope] of permissions.get(ancestor) ?? []) {
              assert.ok(covers(permissions.get(name)?.get(permission), scope))
            }
          }
        }
      }),
    )
  })

  test('nobody holds what no role in the lineage grants', () => {
    fc.assert(
      fc.property(any, (roles) => {
        const { permissions, lineage } = resolveRoles(roles, declared)
        const byName = new Map(roles.map((stored) => [stored.name, stored]))
        for (const [name, held] of permissions) {
          const granted = [...(lineage.get(name) ?? [])].flatMap((ancestor) => byName.get(ancestor)?.grants ?? [])
          for (const [permission, scope] of held) {
            assert.ok(declared.has(permission))
            assert.ok(granted.includes(scope === 'own' ? permission : `${permission}@${scope}`))
          }
        }
      }),
    )
  })

  test('a role holds something only if no circle is reached from it', () => {
    fc.assert(
      fc.property(any, (roles) => {
        const byName = new Map(roles.map((stored) => [stored.name, stored]))
        const reaches = (name: string, path: readonly string[]): boolean =>
          path.includes(name) || (byName.get(name)?.inherits ?? []).some((parent) => reaches(parent, [...path, name]))
        const { lineage } = resolveRoles(roles, declared)
        for (const { name } of roles) assert.equal(lineage.get(name)?.size === 0, reaches(name, []))
      }),
    )
  })

  test('the order of the rows does not matter', () => {
    fc.assert(
      fc.property(any, fc.nat(), (roles, seed) => {
        const shuffled = [...roles].sort(
          (one, other) => ((one.name.charCodeAt(0) * seed) % 7) - ((other.name.charCodeAt(0) * seed) % 7),
        )
        for (const { name } of roles)
          assert.deepEqual(
            new Map(Object.entries(effective(shuffled, name))),
            new Map(Object.entries(effective(roles, name))),
          )
      }),
    )
  })
})

suite('a scope', () => {
  const scopes = ['own', 'tenant', 'all'] as const
  test('covers itself and those before it', () => {
    for (const [held, index] of scopes.map((scope, index) => [scope, index] as const)) {
      scopes.forEach((asked, other) => {
        assert.equal(covers(held, asked), index >= other)
      })
    }
  })
  test('that is none covers nothing and is covered by nothing', () => {
    for (const odd of [undefined, null, '', 'ALL', 'everything', 3, true]) {
      for (const scope of scopes) {
        assert.equal(covers(odd as Scope, scope), false)
        assert.equal(covers(scope, odd as Scope), false)
      }
      assert.equal(covers(odd as Scope, odd as Scope), false)
    }
  })
  test('widens and never narrows', () => {
    assert.equal(wider(undefined, 'own'), 'own')
    assert.equal(wider('all', 'own'), 'all')
    assert.equal(wider('own', 'tenant'), 'tenant')
  })
  test('is read from a grant and is own without a suffix', () => {
    assert.deepEqual(parseGrant('note:read'), { permission: 'note:read', scope: 'own' })
    assert.deepEqual(parseGrant('note:read@all'), { permission: 'note:read', scope: 'all' })
    assert.equal(parseGrant('note:read@own'), null)
  })
})

test('a union of roles holds the widest of each', () => {
  const union = unionOf([
    freezeMap(
      new Map<string, Scope>([
        ['note:read', 'own'],
        ['user:read', 'all'],
      ]),
    ),
    freezeMap(new Map<string, Scope>([['note:read', 'tenant']])),
  ])
  assert.deepEqual(Object.fromEntries(union), { 'note:read': 'tenant', 'user:read': 'all' })
})

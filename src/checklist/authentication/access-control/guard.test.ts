import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { SecurityEvent } from '../../../kernel/event.ts'
import { NOBODY, type Principal, type Scope } from '../../../kernel/principal.ts'
import { type Fixture, NOW, startFixture } from './cluster.fixture.ts'
import { type AccessControl, createAccessControl } from './control.ts'
import type { RoleDatabase } from './stored-roles.ts'

const PERMISSIONS = {
  'note:read': '',
  'note:write': '',
  'user:read': '',
  'user:manage': '',
  'role:read': '',
  'role:manage': '',
}
const ROLES = {
  owner: { grants: Object.keys(PERMISSIONS), inherits: [] },
  auditor: { grants: ['note:read@all', 'user:read@all', 'role:read@all'], inherits: [] },
  member: { grants: ['note:read', 'note:write'], inherits: [] },
}
const ALL: Record<string, Scope> = Object.fromEntries(Object.keys(PERMISSIONS).map((name) => [name, 'own'] as const))

suite('role changes in the database', { timeout: 120_000 }, () => {
  let fixture: Fixture
  let access: AccessControl
  let staged: SecurityEvent[]
  let reported: SecurityEvent[]

  before(async () => {
    fixture = await startFixture()
  })
  after(() => fixture.stop())
  beforeEach(async () => {
    await fixture.run('delete from holdfast.account_role')
    await fixture.run('delete from holdfast.account')
    await fixture.run('delete from holdfast.role')
    for (const [name, role] of Object.entries(ROLES)) await store(name, 'declared', role.grants, role.inherits)
    staged = []
    reported = []
    access = createAccessControl({
      accounts: fixture.accounts,
      definition: { permissions: PERMISSIONS, roles: ROLES, tables: [], routes: [] },
      clock: { now: () => NOW },
      events: {
        stage: async (_tx, event) => void staged.push(event),
        report: (event) => void reported.push(event),
      },
    })
    await access.reload()
  })

  const store = (name: string, origin: string, grants: readonly string[], inherits: readonly string[] = []) =>
    fixture.run('insert into holdfast.role values ($1, $2, $3, $4)', name, origin, grants, inherits)
  const change = <T>(work: (tx: RoleDatabase) => Promise<T>): Promise<T> => fixture.accounts.transaction(NOBODY, work)
  const rolesOf = async (who: Principal) =>
    (
      await fixture.run('select role from holdfast.account_role where account_id = $1 order by role', who.accountId)
    ).map((row) => row.role)
  const owners = async () =>
    Number((await fixture.run("select count(*)::int as n from holdfast.account_role where role = 'owner'"))[0]?.n)

  test('an owner gives and takes roles, and each change is told once', async () => {
    const owner = await fixture.person(['owner'], ALL)
    const ada = await fixture.person([])
    assert.equal(await change((tx) => access.grantRole(tx, owner, ada.accountId, 'member')), true)
    assert.equal(await change((tx) => access.grantRole(tx, owner, ada.accountId, 'member')), false)
    assert.deepEqual(await rolesOf(ada), ['member'])
    assert.equal(await change((tx) => access.revokeRole(tx, owner, ada.accountId, 'member')), true)
    assert.equal(await change((tx) => access.revokeRole(tx, owner, ada.accountId, 'member')), false)
    assert.deepEqual(await rolesOf(ada), [])
    assert.deepEqual(
      staged.map(({ name, fields, accountId }) => ({ name, fields, accountId })),
      [
        { name: 'authz_role_granted', fields: { role: 'member', account: ada.accountId }, accountId: owner.accountId },
        { name: 'authz_role_revoked', fields: { role: 'member', account: ada.accountId }, accountId: owner.accountId },
      ],
    )
  })

  const steward = async () => {
    await store('steward', 'custom', ['role:manage', 'user:read'])
    return fixture.person(['steward'], { 'role:manage': 'own', 'user:read': 'own' })
  }

  test('nobody grants what they do not hold', async () => {
    const actor = await steward()
    const ada = await fixture.person([])
    await store('lister', 'custom', ['user:read'])
    await store('reporter', 'custom', ['user:read@tenant'])
    assert.equal(await change((tx) => access.grantRole(tx, actor, ada.accountId, 'lister')), true)
    for (const role of ['owner', 'auditor', 'member', 'reporter']) {
      await assert.rejects(
        change((tx) => access.grantRole(tx, actor, ada.accountId, role)),
        { code: 'grant-beyond-own' },
        role,
      )
    }
    assert.deepEqual(await rolesOf(ada), ['lister'])
    assert.deepEqual(
      reported.map(({ fields }) => fields),
      Array(4).fill({ rule: 'beyond-own' }),
    )
  })

  test('an inherited permission counts as much as one of its own', async () => {
    const actor = await steward()
    const ada = await fixture.person([])
    await store('hidden', 'custom', [], ['owner'])
    await assert.rejects(
      change((tx) => access.grantRole(tx, actor, ada.accountId, 'hidden')),
      { code: 'grant-beyond-own' },
    )
    await assert.rejects(
      change((tx) => access.defineRole(tx, actor, { name: 'mine', grants: [], inherits: ['owner'] })),
      { code: 'grant-beyond-own' },
    )
  })

  test('nobody raises themselves', async () => {
    const owner = await fixture.person(['owner'], ALL)
    await assert.rejects(
      change((tx) => access.grantRole(tx, owner, owner.accountId, 'member')),
      { code: 'grant-beyond-own' },
    )
    assert.deepEqual(await rolesOf(owner), ['owner'])
  })

  test('nobody takes a role from whoever holds what they do not', async () => {
    const actor = await steward()
    const [first] = [await fixture.person(['owner'], ALL), await fixture.person(['owner'], ALL)]
    await assert.rejects(
      change((tx) => access.revokeRole(tx, actor, first.accountId, 'owner')),
      { code: 'grant-beyond-own' },
    )
    assert.equal(await owners(), 2)
  })

  test('an owner takes the role of an auditor, who reads further than they do', async () => {
    const owner = await fixture.person(['owner'], ALL)
    const auditor = await fixture.person(['auditor'])
    assert.equal(await change((tx) => access.revokeRole(tx, owner, auditor.accountId, 'auditor')), true)
  })

  for (const [who, make] of [
    ['whose role was taken since the session began', () => fixture.person([], ALL)],
    [
      'whose account is out of use',
      async () => {
        const gone = await fixture.person(['owner'], ALL)
        await fixture.run('update holdfast.account set disabled_at = now() where id = $1', gone.accountId)
        return gone
      },
    ],
    ['whose session was given less than the account has', () => fixture.person(['owner'], { 'note:read': 'own' })],
    ['who audits', () => fixture.person(['auditor'], { 'note:read': 'all', 'user:read': 'all', 'role:read': 'all' })],
    ['who has a forged permission in the session', () => fixture.person(['member'], { 'role:manage': 'all' })],
  ] as readonly (readonly [string, () => Promise<Principal>])[]) {
    test(`somebody ${who} changes nothing`, async () => {
      const actor = await make()
      const ada = await fixture.person(['member'])
      await store('custom', 'custom', [])
      const tries: ((tx: RoleDatabase) => Promise<unknown>)[] = [
        (tx) => access.grantRole(tx, actor, ada.accountId, 'custom'),
        (tx) => access.revokeRole(tx, actor, ada.accountId, 'member'),
        (tx) => access.defineRole(tx, actor, { name: 'more', grants: [], inherits: [] }),
        (tx) => access.removeRole(tx, actor, 'custom'),
      ]
      for (const attempt of tries) await assert.rejects(change(attempt), { code: 'permission-missing' })
      assert.deepEqual(await rolesOf(ada), ['member'])
      assert.deepEqual(staged, [])
    })
  }

  test('nobody puts out of use who administers more than they do', async () => {
    await store('helper', 'custom', ['user:manage'])
    await store('chief', 'custom', [], ['owner'])
    const helper = await fixture.person(['helper'], { 'user:manage': 'own' })
    for (const [roles, may] of [
      [['owner'], false],
      [['chief'], false],
      [['member', 'owner'], false],
      [['member'], true],
      [['auditor'], true],
      [['helper'], true],
      [[], true],
    ] as const) {
      const other = await fixture.person(roles)
      const tried = change((tx) => access.mayActOn(tx, helper, other.accountId))
      if (may) await tried
      else await assert.rejects(tried, { code: 'permission-missing' }, roles.join())
    }
    assert.deepEqual(
      reported.map(({ name, fields }) => [name, fields]),
      Array.from({ length: 3 }, () => ['authz_guard', { rule: 'beyond-own' }]),
    )
    // Who is put back into use has their roles again.
    const out = await fixture.person(['owner'])
    await fixture.run('update holdfast.account set disabled_at = now() where id = $1', out.accountId)
    await assert.rejects(
      change((tx) => access.mayActOn(tx, helper, out.accountId)),
      { code: 'permission-missing' },
    )
    const owner = await fixture.person(['owner'], ALL)
    await change((tx) => access.mayActOn(tx, owner, out.accountId))
    await change((tx) => access.mayActOn(tx, owner, helper.accountId))
    await change((tx) => access.mayActOn(tx, helper, helper.accountId))
    await change((tx) => access.mayActOn(tx, helper, randomUUID()))
    // What the session remembers is not enough: the role may be gone.
    const former = await fixture.person([], ALL)
    await assert.rejects(
      change((tx) => access.mayActOn(tx, former, owner.accountId)),
      { code: 'permission-missing' },
    )
  })

  test('the last owner keeps the role, and is not put out of use', async () => {
    const owner = await fixture.person(['owner'], ALL)
    await assert.rejects(
      change((tx) => access.revokeRole(tx, owner, owner.accountId, 'owner')),
      { code: 'last-owner' },
    )
    await assert.rejects(
      change((tx) => access.keepAnOwner(tx, owner, owner.accountId)),
      { code: 'last-owner' },
    )
    assert.equal(await owners(), 1)
    assert.deepEqual(
      reported.map(({ fields }) => fields),
      [{ rule: 'last-owner' }, { rule: 'last-owner' }],
    )
  })

  test('an owner who is out of use does not count as another', async () => {
    const [owner, gone] = [await fixture.person(['owner'], ALL), await fixture.person(['owner'])]
    await fixture.run('update holdfast.account set disabled_at = now() where id = $1', gone.accountId)
    await assert.rejects(
      change((tx) => access.revokeRole(tx, owner, owner.accountId, 'owner')),
      { code: 'last-owner' },
    )
    await change((tx) => access.keepAnOwner(tx, owner, gone.accountId))
  })

  test('of two owners who leave at the same moment, one stays', async () => {
    for (let round = 0; round < 10; round++) {
      await fixture.run('delete from holdfast.account_role')
      const [one, other] = [await fixture.person(['owner'], ALL), await fixture.person(['owner'], ALL)]
      const ended = await Promise.allSettled([
        change((tx) => access.revokeRole(tx, one, one.accountId, 'owner')),
        round % 2 === 0
          ? change((tx) => access.revokeRole(tx, other, other.accountId, 'owner'))
          : change(async (tx) => {
              await access.keepAnOwner(tx, other, other.accountId)
              await tx
                .updateTable('holdfast.account')
                .set({ disabled_at: new Date(NOW) })
                .where('id', '=', other.accountId)
                .execute()
            }),
      ])
      assert.deepEqual(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const left = await fixture.run(
        "select 1 from holdfast.account_role r join holdfast.account a on a.id = r.account_id where r.role = 'owner' and a.disabled_at is null",
      )
      assert.equal(left.length, 1)
    }
  })

  test('without the lock, two owners leave at the same moment', async () => {
    const unlocked = access.guardedBy({ lock: async () => undefined })
    const [one, other] = [await fixture.person(['owner'], ALL), await fixture.person(['owner'], ALL)]
    const both = Promise.withResolvers<void>()
    let arrived = 0
    const meet = async () => {
      if (++arrived === 2) both.resolve()
      await both.promise
    }
    await Promise.all(
      [one, other].map((who) =>
        change(async (tx) => {
          await unlocked.revokeRole(tx, who, who.accountId, 'owner')
          await meet()
        }),
      ),
    )
    assert.equal(await owners(), 0)
  })

  test("two roles defined at the same moment do not become each other's heirs", async () => {
    const owner = await fixture.person(['owner'], ALL)
    await store('left', 'custom', [])
    await store('right', 'custom', [])
    const ended = await Promise.allSettled([
      change((tx) => access.defineRole(tx, owner, { name: 'left', grants: [], inherits: ['right'] })),
      change((tx) => access.defineRole(tx, owner, { name: 'right', grants: [], inherits: ['left'] })),
    ])
    assert.deepEqual(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await access.reload()
    assert.deepEqual(access.problems(), [])
  })

  test('a role is made, changed and removed, and is known after a reload', async () => {
    const owner = await fixture.person(['owner'], ALL)
    const reader = { name: 'reader', grants: ['note:read'], inherits: [] }
    assert.equal(await change((tx) => access.defineRole(tx, owner, reader)), true)
    assert.deepEqual([...access.permissionsOf(['reader'])], [])
    await access.rolesChanged()
    assert.deepEqual([...access.permissionsOf(['reader'])], [['note:read', 'own']])
    assert.equal(await change((tx) => access.defineRole(tx, owner, reader)), false)
    await change((tx) => access.defineRole(tx, owner, { ...reader, grants: ['user:read'] }))
    await change((tx) => access.removeRole(tx, owner, 'reader'))
    await access.reload()
    assert.deepEqual([...access.permissionsOf(['reader'])], [])
    assert.deepEqual(
      staged.map(({ fields }) => fields),
      [
        { role: 'reader', added: ['note:read'], removed: [] },
        { role: 'reader', added: ['user:read'], removed: ['note:read'] },
        { role: 'reader', added: [], removed: ['user:read'] },
      ],
    )
  })

  for (const [flaw, role, code] of [
    ['a declared name', { name: 'member', grants: [], inherits: [] }, 'conflict'],
    ['the name of the owner', { name: 'owner', grants: [], inherits: [] }, 'conflict'],
    ['a malformed name', { name: 'Reader!', grants: [], inherits: [] }, 'input-invalid'],
    ['an undeclared permission', { name: 'reader', grants: ['note:readall'], inherits: [] }, 'input-invalid'],
    ['a malformed grant', { name: 'reader', grants: ['note:*'], inherits: [] }, 'input-invalid'],
    ['a role that does not exist', { name: 'reader', grants: [], inherits: ['ghost'] }, 'input-invalid'],
    ['itself as ancestor', { name: 'reader', grants: [], inherits: ['reader'] }, 'input-invalid'],
    ["a scope beyond the actor's", { name: 'reader', grants: ['note:read@tenant'], inherits: [] }, 'grant-beyond-own'],
    [
      'too many grants',
      { name: 'reader', grants: Array.from({ length: 501 }, (_, n) => `note:x${n}`), inherits: [] },
      'input-invalid',
    ],
  ] as const) {
    test(`a role with ${flaw} is not defined`, async () => {
      const owner = await fixture.person(['owner'], ALL)
      const before = await fixture.run('select * from holdfast.role order by name')
      await assert.rejects(
        change((tx) => access.defineRole(tx, owner, role)),
        { code },
      )
      assert.deepEqual(await fixture.run('select * from holdfast.role order by name'), before)
    })
  }

  test('an existing role does not inherit from itself on a detour', async () => {
    const owner = await fixture.person(['owner'], ALL)
    await store('base', 'custom', [])
    await store('heir', 'custom', [], ['base'])
    await assert.rejects(
      change((tx) => access.defineRole(tx, owner, { name: 'base', grants: [], inherits: ['heir'] })),
      { code: 'input-invalid' },
    )
  })

  test('a role somebody has, or another inherits from, or that is declared, is not removed', async () => {
    const owner = await fixture.person(['owner'], ALL)
    await store('base', 'custom', [])
    await store('heir', 'custom', [], ['base'])
    await fixture.person(['heir'])
    for (const [name, code] of [
      ['base', 'conflict'],
      ['heir', 'conflict'],
      ['member', 'conflict'],
      ['ghost', 'not-found'],
    ] as const) {
      await assert.rejects(
        change((tx) => access.removeRole(tx, owner, name)),
        { code },
        name,
      )
    }
  })

  test('who or what does not exist is not found', async () => {
    const owner = await fixture.person(['owner'], ALL)
    const ada = await fixture.person([])
    await assert.rejects(
      change((tx) => access.grantRole(tx, owner, randomUUID(), 'member')),
      { code: 'not-found' },
    )
    await assert.rejects(
      change((tx) => access.grantRole(tx, owner, ada.accountId, 'ghost')),
      { code: 'not-found' },
    )
    await assert.rejects(
      change((tx) => access.revokeRole(tx, owner, randomUUID(), 'member')),
      { code: 'not-found' },
    )
  })

  test('a stored role that was tampered with grants nothing of what is not declared', async () => {
    await store('odd', 'custom', ['note:readall', 'ghost:read@all', 'user:read'])
    await store('round', 'custom', ['note:write@all'], ['about'])
    await store('about', 'custom', ['note:write@all'], ['round'])
    await access.reload()
    assert.deepEqual([...access.permissionsOf(['odd'])], [['user:read', 'own']])
    assert.deepEqual([...access.permissionsOf(['round', 'about'])], [])
    assert.equal(access.problems().length, 4)
  })
})

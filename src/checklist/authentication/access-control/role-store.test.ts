import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRoleStore } from './role-store.ts'
import type { StoredRole } from './roles.ts'

const declared = new Set(['note:read', 'note:write'])
const role = (name: string, ...grants: string[]): StoredRole => ({ name, origin: 'custom', grants, inherits: [] })

suite('the roles a process knows', () => {
  test('are none before they were read', () => {
    assert.equal(createRoleStore(async () => [role('member', 'note:read')], declared).permissionsOf(['member']).size, 0)
  })

  test('give one frozen map for a combination, whatever its order, until they are read again', async () => {
    const store = createRoleStore(async () => [role('a', 'note:read'), role('b', 'note:write')], declared)
    await store.reload()
    const both = store.permissionsOf(['a', 'b'])
    assert.equal(store.permissionsOf(['b', 'a', 'b']), both)
    assert.deepEqual(
      [...both],
      [
        ['note:read', 'own'],
        ['note:write', 'own'],
      ],
    )
    assert.ok(Object.isFrozen(both))
    await store.reload()
    assert.notEqual(store.permissionsOf(['a', 'b']), both)
  })

  test('that do not exist add nothing', async () => {
    const store = createRoleStore(async () => [role('a', 'note:read')], declared)
    await store.reload()
    assert.deepEqual([...store.permissionsOf(['a', 'ghost', 'constructor', '__proto__'])], [['note:read', 'own']])
  })

  test('are of the time of the call or later, however many call', async () => {
    let stands = 0
    let reads = 0
    const store = createRoleStore(async () => {
      reads++
      const seen = stands
      await new Promise((resolve) => setTimeout(resolve, 5))
      return [role(`r${seen}`, 'note:read')]
    }, declared)
    const first = store.reload()
    stands = 1
    const later = Array.from({ length: 20 }, () => store.reload())
    await Promise.all([first, ...later])
    assert.equal(store.permissionsOf(['r1']).size, 1)
    assert.equal(reads, 2)
  })

  test('are held by nobody where they can not be read, and again once they can', async () => {
    let fails = 0
    const store = createRoleStore(async () => {
      if (fails-- > 0) throw new Error('unreachable')
      return [role('a', 'note:read')]
    }, declared)
    await store.reload()
    fails = 2
    await store.reload()
    assert.equal(store.permissionsOf(['a']).size, 1)
    fails = 3
    await assert.rejects(store.reload(), { message: 'unreachable' })
    assert.equal(store.permissionsOf(['a']).size, 0)
    await store.reload()
    assert.equal(store.permissionsOf(['a']).size, 1)
  })

  test('are held by nobody where there are more than anybody would define', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => role(`r${n}`, 'note:read'))
    const store = createRoleStore(async () => many, declared)
    await assert.rejects(store.reload(), RangeError)
    assert.equal(store.permissionsOf(['r1']).size, 0)
  })

  test('remember a bounded number of combinations', async () => {
    const store = createRoleStore(async () => [role('a', 'note:read')], declared)
    await store.reload()
    const first = store.permissionsOf(['a'])
    for (let n = 0; n < 1_000; n++) store.permissionsOf(['a', `ghost-${n}`])
    assert.notEqual(store.permissionsOf(['a']), first)
    assert.equal(store.permissionsOf(['a']).size, 1)
  })
})

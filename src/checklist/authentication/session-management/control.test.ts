import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../../../kernel/refusal.ts'
import { days, hours, minutes, seconds } from '../../../kernel/time.ts'
import type { NetworkReply } from '../../../kernel/vantage.ts'
import { inject } from './probing.fixture.ts'
import type { Known } from './routes.fixture.ts'
import type { RequestOrigin, SessionTransaction } from './sessions.ts'
import {
  ORIGINS,
  PAGES,
  type SharedDatabase,
  startDatabase,
  startTwoNodes,
  type TwoNodes,
} from './two-nodes.fixture.ts'

let database: SharedDatabase
let two: TwoNodes
before(async () => {
  database = await startDatabase()
  two = await startTwoNodes(database)
})
after(async () => {
  await two.stop()
  await database.stop()
})

const FROM: RequestOrigin = { address: '192.0.2.1', device: 'test', requestId: 'r' }

const signIn = async (person: Known, node: 0 | 1 = 0): Promise<string> => {
  const body = { email: person.email, password: person.password }
  return (await inject(two, { method: 'POST', path: '/auth/sign-in', body, node })).setToken ?? ''
}
const use = (token: string, node: 0 | 1 = 0): Promise<NetworkReply> =>
  inject(two, { path: '/auth/session', token, node })
const row = async (token: string): Promise<Record<string, unknown>> => {
  const hash = createHash('sha256').update(token).digest()
  return (await two.admin.query('select * from holdfast.session where token_hash = $1', [hash])).rows[0] ?? {}
}
const eventsOf = async (accountId: string): Promise<readonly unknown[]> => {
  const text = 'select name, fields from holdfast.event_staging where account_id = $1 order by n'
  return (await two.admin.query(text, [accountId])).rows.map(({ name }) => name)
}

suite('a request with a session', () => {
  test('asks the database once, and then no more', async () => {
    const token = await signIn(await two.person())
    assert.equal((await use(token)).status, 200)
    const asked = two.statements()
    for (let turn = 0; turn < 100; turn++) assert.equal((await use(token)).status, 200)
    assert.equal(two.statements(), asked)
  })

  test('asks again after a minute, whatever was announced', async () => {
    const token = await signIn(await two.person())
    await use(token)
    const asked = two.statements()
    two.clock.advance(minutes(1))
    assert.equal((await use(token)).status, 200)
    assert.ok(two.statements() > asked)
  })

  test('joins others that ask for the same at the same time', async () => {
    const token = await signIn(await two.person())
    const asked = two.statements()
    const replies = await Promise.all(Array.from({ length: 50 }, () => use(token)))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    assert.equal(two.statements() - asked, 1)
  })

  test('shares one frozen principal with the others of its session', async () => {
    const person = await two.person(['member', 'admin'])
    const token = await signIn(person)
    const body = (await use(token)).json() as Record<string, unknown>
    assert.deepEqual(body.roles, ['admin', 'member'])
    assert.equal(body.tenantId, person.tenantId)
  })

  test('has no tenant any more when the membership is gone', async () => {
    const person = await two.person()
    const token = await signIn(person)
    await use(token)
    await two.admin.query('delete from holdfast.tenant_member where account_id = $1', [person.id])
    await eventually(async () => ((await use(token)).json() as { tenantId: unknown }).tenantId === null)
  })

  test('leaves its last use, address and device in the list, at most once a minute', async () => {
    const token = await signIn(await two.person())
    two.clock.advance(minutes(2))
    await inject(two, { path: '/auth/session', token, headers: { 'user-agent': 'x'.repeat(300) } })
    await two.nodes[0].sessions.flush()
    const first = await row(token)
    assert.equal(first.device, 'x'.repeat(200))
    assert.equal(first.address, '127.0.0.1')
    two.clock.advance(seconds(30))
    await use(token)
    await two.nodes[0].sessions.flush()
    assert.deepEqual((await row(token)).used_at, first.used_at)
  })
})

suite('a flood of tokens that are none', () => {
  test('costs few queries, and none for those just tried', async () => {
    const tokens = Array.from({ length: 300 }, () => randomBytes(32).toString('base64url'))
    const asked = two.statements()
    const replies = await Promise.all(tokens.map((token) => use(token)))
    assert.deepEqual(new Set(replies.map(({ status, setToken }) => `${status} ${setToken}`)), new Set(['401 ']))
    assert.ok(two.statements() - asked <= 6, `${two.statements() - asked} queries`)
    const before = two.statements()
    await Promise.all(tokens.map((token) => use(token)))
    assert.equal(two.statements(), before)
  })
})

suite('a dead cookie', () => {
  test('is removed from the browser, but not in the reply that sets a new one', async () => {
    const person = await two.person()
    const token = await signIn(person)
    await inject(two, { method: 'POST', path: '/auth/sign-out', token })
    assert.equal((await use(token)).setToken, '')
    const body = { email: person.email, password: person.password }
    const again = await inject(two, { method: 'POST', path: '/auth/sign-in', token, body })
    assert.equal((again.headers['set-cookie'] ?? '').split('\n').length, 1)
    assert.equal((await use(again.setToken ?? '')).status, 200)
  })

  test('stays when it was replaced: the reply may come after the one with the new token', async () => {
    const person = await two.person()
    const token = await signIn(person)
    await inject(two, { method: 'POST', path: '/auth/step-up', token, body: { password: person.password } })
    const late = await use(token)
    assert.deepEqual([late.status, late.setToken], [401, undefined])
  })

  test('is told of, with whose it was', async () => {
    const person = await two.person()
    const token = await signIn(person)
    await inject(two, { method: 'POST', path: '/auth/sign-out', token })
    await use(token)
    await eventually(async () => (await eventsOf(person.id)).includes('session_use_after_end'))
  })
})

suite('a change of sessions', () => {
  test('that is rolled back changes nothing', async () => {
    const person = await two.person()
    const token = await signIn(person)
    const principal = { accountId: person.id, sessionId: String((await row(token)).id) }
    const { sessions } = two.nodes[0]
    const change = sessions.change(async (tx) => {
      await sessions.retire(tx, principal)
      throw new Refusal('conflict')
    })
    await assert.rejects(change, { code: 'conflict' })
    assert.equal((await use(token)).status, 200)
  })

  test('outside of change is refused, since nothing would look again after it', async () => {
    const start = { accountId: (await two.person()).id, assurance: 1, presented: null } as const
    const stray = {} as SessionTransaction
    await assert.rejects(two.nodes[0].sessions.create(stray, start, FROM), TypeError)
  })

  test('of an account with very many sessions ends those unused for longest', async () => {
    const person = await two.person()
    const { sessions } = two.nodes[0]
    const tokens: string[] = []
    for (let at = 0; at < 101; at++) {
      two.clock.advance(minutes(1))
      const start = { accountId: person.id, assurance: 1, presented: null } as const
      tokens.push((await sessions.change((tx) => sessions.create(tx, start, FROM))).token.release())
    }
    assert.deepEqual(
      [await use(tokens[0] ?? ''), await use(tokens[1] ?? '')].map(({ status }) => status),
      [401, 200],
    )
  })

  test('by another than us is heard of all the same', async () => {
    const person = await two.person()
    const token = await signIn(person)
    for (const node of [0, 1] as const) assert.equal((await use(token, node)).status, 200)
    await two.admin.query(
      "update holdfast.session set ended_at = now(), ended_by = 'administrator' where account_id = $1",
      [person.id],
    )
    for (const node of [0, 1] as const) await eventually(async () => (await use(token, node)).status === 401)
  })

  test('of roles replaces the token once, for all requests that come together', async () => {
    const person = await two.person(['member'])
    const token = await signIn(person)
    await use(token)
    await two.admin.query('delete from holdfast.account_role where account_id = $1', [person.id])
    await sleep(100)
    const replies = await Promise.all(Array.from({ length: 10 }, () => use(token)))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    const fresh = new Set(replies.map(({ setToken }) => setToken))
    assert.equal(fresh.size, 1)
    const [next = ''] = fresh
    assert.deepEqual(((await use(next)).json() as { roles: unknown }).roles, [])
    assert.equal((await use(token)).status, 401)
    const [was, is] = [await row(token), await row(next ?? '')]
    assert.deepEqual(
      [is.authenticated_at, is.expires_at, is.device],
      [was.authenticated_at, was.expires_at, was.device],
    )
  })

  test('by stepping up gives new time, by changing the tenant none', async () => {
    const person = await two.person()
    const token = await signIn(person)
    two.clock.advance(hours(2))
    const changed = await inject(two, { method: 'PUT', path: '/auth/tenant', token, body: {} })
    const second = changed.setToken ?? ''
    assert.deepEqual((await row(second)).expires_at, (await row(token)).expires_at)
    two.clock.advance(hours(2))
    const stepped = await inject(two, {
      method: 'POST',
      path: '/auth/step-up',
      token: second,
      body: { password: person.password },
    })
    assert.ok(Number((await row(stepped.setToken ?? '')).expires_at) > Number((await row(second)).expires_at))
  })

  test('by a password alone keeps two factors as old as they are', async () => {
    const person = await two.person()
    const token = await signIn(person)
    await two.admin.query('update holdfast.session set assurance = 2 where account_id = $1', [person.id])
    two.clock.advance(hours(2))
    for (const { sessions } of two.nodes) sessions.forget(person.id)
    const before = await row(token)
    const stepped = await inject(two, {
      method: 'POST',
      path: '/auth/step-up',
      token,
      body: { password: person.password },
    })
    const after = await row(stepped.setToken ?? '')
    assert.equal(after.assurance, 1, 'two hours without use: what was proved has fallen')
    assert.ok(Number(after.authenticated_at) > Number(before.authenticated_at))

    await two.admin.query('update holdfast.session set assurance = 2 where account_id = $1 and ended_at is null', [
      person.id,
    ])
    two.clock.advance(minutes(30))
    for (const { sessions } of two.nodes) sessions.forget(person.id)
    const again = await inject(two, {
      method: 'POST',
      path: '/auth/step-up',
      token: stepped.setToken ?? '',
      body: { password: person.password },
    })
    const renewed = await row(again.setToken ?? '')
    assert.equal(renewed.assurance, 2)
    assert.deepEqual(renewed.authenticated_at, after.authenticated_at)
    assert.deepEqual(renewed.expires_at, after.expires_at)
  })
})

suite('the sweep', () => {
  test('marks what is over, idle or aged, and tells of each once', async () => {
    const [idle, aged, live] = [await two.person(['admin']), await two.person(), await two.person()]
    const agedToken = await signIn(aged)
    const idleToken = await signIn(idle)
    const liveToken = await signIn(live)
    await two.admin.query('update holdfast.session set expires_at = created_at where account_id = $1', [aged.id])
    two.clock.advance(minutes(61))
    for (const { sessions } of two.nodes) await sessions.sweep()
    const ends: unknown[] = []
    for (const token of [agedToken, idleToken, liveToken]) ends.push((await row(token)).ended_by)
    assert.deepEqual(ends, ['expiry', 'expiry', null])
    await sleep(1_300)
    for (const person of [idle, aged]) {
      const expired = (await eventsOf(person.id)).filter((name) => name === 'session_expired')
      assert.equal(expired.length, 1)
    }
  })
})

suite('pages of a configured origin', () => {
  test('are told by preflight what a declared route takes', async () => {
    const headers = { origin: PAGES, 'access-control-request-method': 'DELETE' }
    const reply = await inject(two, { method: 'OPTIONS', path: '/auth/sessions/x?y=z', headers })
    assert.equal(reply.status, 204)
    assert.equal(reply.headers['access-control-allow-methods'], 'DELETE')
    assert.equal(reply.headers['access-control-allow-headers'], 'content-type')
    assert.equal(reply.headers.vary, 'Origin')
  })
  test('may read refusals too', async () => {
    const reply = await inject(two, { path: '/auth/session', headers: { origin: PAGES } })
    assert.deepEqual([reply.status, reply.headers['access-control-allow-origin']], [401, PAGES])
  })
})

suite('when the database is away', () => {
  test('nobody is taken for a visitor: what is not in memory is refused as unavailable', async () => {
    const closing = await startTwoNodes(database)
    try {
      const person = await closing.person()
      const body = { email: person.email, password: person.password }
      const token = (await inject(closing, { method: 'POST', path: '/auth/sign-in', body })).setToken ?? ''
      await closing.nodes[0].accounts.close()
      const reply = await inject(closing, { path: '/auth/session', token })
      assert.equal(reply.status, 503)
    } finally {
      await closing.stop()
    }
  })
})

suite('an account taken out of use', () => {
  test('has no sessions afterwards, and gets none back', async () => {
    const person = await two.person()
    const token = await signIn(person)
    await two.admin.query('update holdfast.account set disabled_at = now() where id = $1', [person.id])
    await eventually(async () => (await use(token)).status === 401)
    assert.equal((await row(token)).ended_by, 'administrator')
  })
})

suite('sessions without HTTPS', () => {
  test('are for development, under a plain name', async () => {
    const plain = await startTwoNodes(database, { options: { secure: false } })
    try {
      const person = await plain.person()
      const body = { email: person.email, password: person.password }
      const reply = await inject(plain, { method: 'POST', path: '/auth/sign-in', body })
      const [, token = ''] =
        /^session=([\w-]{43}); Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/.exec(reply.headers['set-cookie'] ?? '') ??
        []
      const used = await inject(plain, {
        path: '/auth/session',
        headers: { cookie: `session=${token}`, origin: ORIGINS[0] },
      })
      assert.equal(used.status, 200)
    } finally {
      await plain.stop()
    }
  })
})

test('sign-ins of one account at the same moment succeed, also where each has to make room', async () => {
  const small = await startTwoNodes(database, { options: { perAccount: 3 } })
  try {
    const person = await small.person()
    const body = { email: person.email, password: person.password }
    const signInOn = (node: 0 | 1) => inject(small, { method: 'POST', path: '/auth/sign-in', body, node })
    for (let n = 0; n < 3; n++) await signInOn(0)
    const replies = await Promise.all(Array.from({ length: 16 }, (_, n) => signInOn(n % 2 === 0 ? 0 : 1)))
    assert.deepEqual(
      replies.map((reply) => reply.status),
      replies.map(() => 200),
    )
  } finally {
    await small.stop()
  }
})

test('a session of thirty days ends, however much it is used', async () => {
  const token = await signIn(await two.person())
  for (let day = 1; day < 30; day++) {
    two.clock.advance(days(1))
    assert.equal((await use(token)).status, 200)
  }
  two.clock.advance(days(1))
  assert.equal((await use(token)).status, 401)
})

async function eventually(check: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + 3_000
  while (!(await check())) {
    assert.ok(performance.now() < until, 'not within 3 seconds')
    await sleep(20)
  }
}

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { hours } from 'holdfast'
import { type BackendSuite, type TestBackend, type TestClient, testBackend } from 'holdfast/testing'
import definition from './backend.ts'
import { parseTags } from './notes.ts'

/** The id of nothing. */
const NOBODY = '00000000-0000-4000-8000-000000000000'

let backends: BackendSuite
before(async () => {
  backends = await testBackend(definition)
})
after(() => backends.close())

suite('a note', () => {
  test('is written, read, changed and deleted', async () => {
    await using backend = await backends.fresh()
    const ada = backend.as('member')
    const id = await write(ada, { title: 'Groceries', body: 'Milk', secret: '4711', tags: ['home', 'food'] })

    const { status, body } = await ada.get<Note>(`/api/notes/${id}`)
    assert.equal(status, 200)
    assert.deepEqual(
      { ...body, updatedAt: '' },
      { id, title: 'Groceries', body: 'Milk', secret: '4711', tags: ['food', 'home'], mine: true, updatedAt: '' },
    )

    await backend.clock.advance(hours(1))
    assert.equal((await ada.patch(`/api/notes/${id}`, { body: 'Milk, bread', secret: null })).status, 204)
    assert.equal((await ada.put(`/api/notes/${id}/tags`, { tags: ['shop'] })).status, 204)
    const changed = (await ada.get<Note>(`/api/notes/${id}`)).body
    assert.equal(changed.body, 'Milk, bread')
    assert.equal(changed.secret, null)
    assert.deepEqual(changed.tags, ['shop'])
    assert.ok(Date.parse(changed.updatedAt) >= Date.parse(body.updatedAt) + 3_599_000)

    assert.equal((await ada.delete(`/api/notes/${id}`)).status, 204)
    assert.equal((await ada.get(`/api/notes/${id}`)).status, 404)
    assert.equal((await backend.database.query('select from app.note_tag')).rowCount, 0, 'its tags went with it')
  })

  test('is nobody else’s business', async () => {
    await using backend = await backends.fresh()
    const id = await write(backend.as('member'), { title: 'Diary' })
    const strangers = {
      'somebody of the workspace': backend.as('member', { number: 2 }),
      'somebody of another workspace': backend.as('member', { tenant: 'B' }),
    }
    for (const [who, stranger] of Object.entries(strangers)) {
      assert.deepEqual(await titles(stranger), [], who)
      for (const { status } of [
        await stranger.get(`/api/notes/${id}`),
        await stranger.patch(`/api/notes/${id}`, { title: 'Mine' }),
        await stranger.put(`/api/notes/${id}/tags`, { tags: ['mine'] }),
        await stranger.delete(`/api/notes/${id}`),
        await stranger.put(shareOf(id, backend.person('member', { number: 2 }).accountId), { access: 'write' }),
      ])
        assert.equal(status, 404, `${who} can not even tell that it is there`)
    }
    assert.equal((await backend.anonymous.get(`/api/notes/${id}`)).status, 401)
    assert.deepEqual(await titles(backend.as('member')), ['Diary'])
  })

  test('is read by an auditor, and not changed', async () => {
    await using backend = await backends.fresh()
    const id = await write(backend.as('member'), { title: 'Minutes', secret: '4711' })
    const auditor = backend.as('auditor')
    assert.equal((await auditor.get<Note>(`/api/notes/${id}`)).body.title, 'Minutes')
    for (const path of [`/api/notes/${id}`, `/notes/${id}`])
      assert.doesNotMatch((await auditor.get(path)).text, /secret|4711/i, path)
    for (const { status } of [
      await auditor.patch(`/api/notes/${id}`, { title: 'Changed' }),
      await auditor.delete(`/api/notes/${id}`),
      await auditor.post('/api/notes', { title: 'New' }),
    ])
      assert.equal(status, 403)
    const events = await backend.events((all) => all.filter(({ result }) => result === 'failure').length > 0)
    const auditorId = backend.person('auditor').accountId
    assert.ok(events.some(({ name, accountId }) => name.startsWith('authz') && accountId === auditorId))
  })
})

suite('a note that is lent', () => {
  test('is read by whom it was lent to, changed where that was allowed, and can be taken back', async () => {
    await using backend = await backends.fresh()
    const [ada, ben] = [backend.as('member'), backend.as('member', { number: 2 })]
    const id = await write(ada, { title: 'Recipe', body: 'Flour' })
    const share = shareOf(id, backend.person('member', { number: 2 }).accountId)

    assert.equal((await ada.put(share, { access: 'read' })).status, 204)
    assert.equal((await ben.get<Note>(`/api/notes/${id}`)).body.mine, false)
    assert.equal((await ben.patch(`/api/notes/${id}`, { body: 'Sugar' })).status, 404, 'reading is not writing')

    assert.equal((await ada.put(share, { access: 'write' })).status, 204)
    assert.equal((await ben.patch(`/api/notes/${id}`, { body: 'Sugar' })).status, 204)
    assert.equal((await ada.get<Note>(`/api/notes/${id}`)).body.body, 'Sugar')

    assert.equal((await ada.delete(share)).status, 204)
    assert.equal((await ben.get(`/api/notes/${id}`)).status, 404)
    assert.equal((await ada.delete(share)).status, 404, 'there is nothing left to take back')
  })

  test('is not lent on, and does not leave the workspace', async () => {
    await using backend = await backends.fresh()
    const [ada, ben] = [backend.as('member'), backend.as('member', { number: 2 })]
    const outside = backend.person('member', { tenant: 'B' })
    const id = await write(ada, { title: 'Plan' })
    await ada.put(shareOf(id, backend.person('member', { number: 2 }).accountId), { access: 'write' })
    assert.equal((await ben.put(shareOf(id, outside.accountId), { access: 'read' })).status, 404)
    await ada.put(shareOf(id, outside.accountId), { access: 'write' })
    const visitor = backend.as('member', { tenant: 'B' })
    assert.equal((await visitor.get(`/api/notes/${id}`)).status, 404)
    assert.equal((await visitor.patch(`/api/notes/${id}`, { title: 'Ours' })).status, 404)
  })
})

suite('the list of notes', () => {
  let backend: TestBackend
  let ada: TestClient
  before(async () => {
    backend = await backends.fresh()
    ada = backend.as('member')
    for (const [title, body, tags] of [
      ['Lighthouse', 'A lantern on the cliff', ['sea']],
      ['Camping', 'Bring the lantern and the red tent', ['trip', 'sea']],
      ['Accounts', 'Numbers', []],
    ] as const) {
      await write(ada, { title, body, tags })
      await backend.clock.advance(hours(1))
    }
  })
  after(() => backend.close())

  for (const [query, expected] of [
    ['', ['Accounts', 'Camping', 'Lighthouse']],
    ['?sort=oldest', ['Lighthouse', 'Camping', 'Accounts']],
    ['?sort=title', ['Accounts', 'Camping', 'Lighthouse']],
    ['?search=lantern&sort=title', ['Camping', 'Lighthouse']],
    ['?search=lantern%20-tent', ['Lighthouse']],
    ['?search=%22red%20tent%22', ['Camping']],
    ["?search='%3B%20drop%20table%20note%3B--", []],
    ['?tag=sea&sort=oldest', ['Lighthouse', 'Camping']],
    ['?tag=nothing', []],
    ['?page=2', []],
  ] as const) {
    test(`is right for ${query || 'no question at all'}`, async () => {
      assert.deepEqual(await titles(ada, query), expected)
    })
  }

  test('comes in pages', async () => {
    await using other = await backends.fresh()
    const busy = other.as('member')
    for (let number = 0; number < 21; number++) await write(busy, { title: `Note ${number}` })
    const first = (await busy.get<List>('/api/notes')).body
    const second = (await busy.get<List>('/api/notes?page=2')).body
    assert.deepEqual([first.notes.length, first.more, second.notes.length, second.more], [20, true, 1, false])
  })
})

test('several notes are written at once, or none of them', async () => {
  await using backend = await backends.fresh()
  const ada = backend.as('member')
  const made = await ada.post<{ notes: { id: string }[] }>('/api/notes/import', {
    notes: [{ title: 'One', body: 'Words', tags: ['kept'] }, { title: 'Two' }],
  })
  assert.equal(made.status, 201)
  assert.equal(made.body.notes.length, 2)
  assert.deepEqual((await ada.get<Note>(`/api/notes/${made.body.notes[0]?.id}`)).body.tags, ['kept'])
  assert.equal((await ada.post('/api/notes/import', { notes: [{ title: 'Three' }, { title: '' }] })).status, 400)
  assert.equal((await ada.post('/api/notes/import', { notes: [{ title: 'x', owner: NOBODY }] })).status, 400)
  assert.deepEqual((await titles(ada, '?sort=title')).toSorted(), ['One', 'Two'])
})

test('the export is a table that no spreadsheet runs', async () => {
  await using backend = await backends.fresh()
  const ada = backend.as('member')
  await write(ada, { title: '=HYPERLINK("https://elsewhere.example")', body: 'one, "two"' })
  await write(backend.as('member', { number: 2 }), { title: 'Not mine' })
  const { status, headers, text } = await ada.get('/api/notes/export')
  assert.equal(status, 200)
  assert.match(headers['content-type'] ?? '', /^text\/csv/)
  assert.match(headers['content-disposition'] ?? '', /^attachment; filename="?notes\.csv/)
  const [heading, row = '', ...rest] = text.split('\r\n')
  assert.equal(heading, 'title,body,created,changed')
  assert.ok(row.startsWith(`"'=HYPERLINK(""https://elsewhere.example"")","one, ""two""",`), row)
  assert.deepEqual(rest, [''])
})

suite('what does not fit is refused', () => {
  let backend: TestBackend
  before(async () => {
    backend = await backends.fresh()
  })
  after(() => backend.close())

  for (const [what, method, path, body] of [
    ['no title', 'POST', '/api/notes', { body: 'x' }],
    ['an empty title', 'POST', '/api/notes', { title: '' }],
    ['a title that is too long', 'POST', '/api/notes', { title: 'x'.repeat(201) }],
    ['a title of two lines', 'POST', '/api/notes', { title: 'a\nb' }],
    ['a title that is no text', 'POST', '/api/notes', { title: 7 }],
    ['a body that is too long', 'POST', '/api/notes', { title: 'x', body: 'x'.repeat(20_001) }],
    ['something unknown', 'POST', '/api/notes', { title: 'x', colour: 'red' }],
    ['somebody else’s name on it', 'POST', '/api/notes', { title: 'x', owner: NOBODY }],
    ['another workspace', 'POST', '/api/notes', { title: 'x', workspace: NOBODY }],
    ['a tag with a blank', 'POST', '/api/notes', { title: 'x', tags: ['to do'] }],
    ['too many tags', 'POST', '/api/notes', { title: 'x', tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }],
    ['an id that is none', 'GET', '/api/notes/7', undefined],
    ['an order that is none', 'GET', '/api/notes?sort=owner', undefined],
    ['page 0', 'GET', '/api/notes?page=0', undefined],
    ['page 1e3', 'GET', '/api/notes?page=1e3', undefined],
    ['a question that is none', 'GET', '/api/notes?colour=red', undefined],
    ['sharing for more than reading and writing', 'PUT', shareOf(NOBODY, NOBODY), { access: 'own' }],
  ] as const) {
    test(what, async () => {
      const reply = await backend.as('member').request<{ code: string }>({ method, path, body })
      assert.equal(reply.status, 400)
      assert.equal(reply.body.code, 'input-invalid')
    })
  }

  test('and nothing of it was kept', async () => {
    assert.equal((await backend.database.query('select from app.note')).rowCount, 0)
  })
})

suite('pages', () => {
  test('show what was written as text, whatever it looks like', async () => {
    await using backend = await backends.fresh()
    const ada = backend.as('member')
    const id = await write(ada, { title: '<script>alert(1)</script>', body: '</p><img src=x onerror=alert(1)>' })
    for (const path of ['/', `/notes/${id}`]) {
      const { status, text, headers } = await ada.get(path)
      assert.equal(status, 200, path)
      assert.doesNotMatch(text, /<script>alert|<img/, path)
      assert.match(text, /&lt;script&gt;alert/, path)
      assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/, path)
    }
  })

  test('lead who is not signed in to where they can be', async () => {
    await using backend = await backends.fresh()
    const { status, headers } = await backend.anonymous.get('/notes/new')
    assert.equal(status, 303)
    assert.equal(headers.location, '/sign-in?next=%2Fnotes%2Fnew')
  })

  test('take what a form sends', async () => {
    await using backend = await backends.fresh()
    const ada = backend.as('member')
    const form = { title: 'Typed', body: 'By hand', tags: 'Home, To do', secret: '' }
    const { status, headers } = await ada.post('/notes', new URLSearchParams(form))
    assert.equal(status, 303)
    assert.match((await ada.get(headers.location ?? '')).text, /Typed/)
    assert.deepEqual((await ada.get<List>('/api/notes')).body.notes[0]?.tags, ['home', 'to-do'])
  })
})

for (const [typed, tags] of [
  ['Home, To do;  Öl & Gas\nhome', ['home', 'to-do', 'l-gas']],
  ['', []],
  [' ,;,', []],
  ['--x--', ['x']],
] as const) {
  test(`the tags ${JSON.stringify(typed)} are understood`, () => assert.deepEqual(parseTags(typed), tags))
}

interface Note {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly secret: string | null
  readonly tags: readonly string[]
  readonly mine: boolean
  readonly updatedAt: string
}
interface List {
  readonly notes: readonly Pick<Note, 'id' | 'title' | 'tags'>[]
  readonly more: boolean
}

async function write(client: TestClient, note: object): Promise<string> {
  const { status, body, text } = await client.post<Pick<Note, 'id'>>('/api/notes', note)
  assert.equal(status, 201, text)
  return body.id
}

const titles = async (client: TestClient, query = ''): Promise<readonly string[]> =>
  (await client.get<List>(`/api/notes${query}`)).body.notes.map(({ title }) => title)

function shareOf(note: string, account: string): string {
  return `/api/notes/${note}/shares/${account}`
}

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Examples, SurfaceRoute } from '../kernel/surface.ts'
import type { ExampleOptions, NetworkRequest, ProbeContext, TelemetryEvent, TwinIdentity } from '../kernel/vantage.ts'
import { example, twinTarget } from './context.ts'
import { fakeTwins, MEMBERS } from './fakes.fixture.ts'
import { openNetwork } from './network.ts'
import { openRecorder } from './recorder.ts'
import type { Twin } from './twin.ts'

const [ada] = MEMBERS as readonly [TwinIdentity]

function route(examples: Examples | undefined, given: Partial<SurfaceRoute> = {}): SurfaceRoute {
  return {
    method: 'POST',
    path: '/notes/:id/tags/:tag',
    access: { kind: 'public' },
    schema: { response: {} },
    accepts: 'json',
    builtIn: false,
    ...(examples !== undefined && { examples }),
    ...given,
  }
}

suite('the example of a route', () => {
  const ask = async (about: SurfaceRoute, object: ExampleOptions['object'] = 'own'): Promise<NetworkRequest> =>
    example(await fakeTwins().build(), MEMBERS, about, { as: ada, object })

  test('fills path, query and body from seeds and caller', async () => {
    const request = await ask(
      route(({ seed, caller, other }) => ({
        params: { id: seed.note?.id ?? '', tag: 'a/b ?' },
        query: { q: 'x&y' },
        body: { by: caller.email, for: other.email },
      })),
    )
    assert.deepEqual(request, {
      as: ada,
      method: 'POST',
      path: '/notes/note-1/tags/a%2Fb%20%3F?q=x%26y',
      body: { by: 'member-a1@twin.test', for: 'member-a2@twin.test' },
    })
  })

  test('is a form where the route takes forms', async () => {
    const request = await ask(route(() => ({ body: { a: '1 2' } }), { path: '/x', accepts: 'form' }))
    assert.equal(request.body, 'a=1+2')
    assert.deepEqual(request.headers, { 'content-type': 'application/x-www-form-urlencoded' })
  })

  test('has the header fields it names, beside the type of a form', async () => {
    const examples: Examples = () => ({ headers: { 'x-mark': 'a' }, body: { a: '1' } })
    const json = await ask(route(examples, { path: '/x' }))
    assert.deepEqual([json.headers, json.body], [{ 'x-mark': 'a' }, { a: '1' }])
    const form = await ask(route(examples, { path: '/x', accepts: 'form' }))
    assert.deepEqual(form.headers, { 'x-mark': 'a', 'content-type': 'application/x-www-form-urlencoded' })
  })

  test('asks the twin for the object it is about, and for what of it', async () => {
    const asked: unknown[] = []
    const seed: Twin['seed'] = async (...about) => {
      asked.push(about)
      return { session: { id: '7' } }
    }
    const twins = fakeTwins((twin) => ({ ...twin, seed }))
    await example(
      await twins.build(),
      MEMBERS,
      route(({ seed }) => ({ params: { id: seed.session?.id ?? '' } }), { path: '/x/:id' }),
      { as: ada, object: 'other-tenant' },
    )
    assert.deepEqual(asked, [[ada, 'other-tenant', new Set(['session'])]])
  })

  test('gives texts that were not given before', async () => {
    const seen = new Set<string>()
    const examples: Examples = ({ unique }) => ({ query: { a: unique(), b: unique() } })
    const request = await ask(route(examples, { path: '/x' }))
    for (const text of new URLSearchParams(request.path.slice(3)).values()) seen.add(text)
    assert.equal(seen.size, 2)
    for (const text of seen) assert.match(text, /^[a-z][a-z0-9]+$/)
  })

  const missing: readonly (readonly [what: string, about: SurfaceRoute, message: RegExp])[] = [
    ['no examples', route(undefined), /^no example: POST \/notes\/:id\/tags\/:tag$/],
    ['a parameter left out', route(() => ({ params: { id: '1' } })), /leaves out :tag$/],
    [
      'a seed that is not there',
      route(({ seed }) => ({ params: { id: seed.ghost?.id ?? '', tag: '' } })),
      /asks for a seed of ghost/,
    ],
  ]
  for (const [what, about, message] of missing) {
    test(`is unproved with ${what}`, async () => {
      await assert.rejects(ask(about), { name: 'Unproved', message })
    })
  }
})

suite('the telemetry of a claim', () => {
  const events: TelemetryEvent[] = []
  const logs: Record<string, unknown>[] = [{ msg: 'before' }]
  const event = (id: string): TelemetryEvent => ({
    id,
    name: 'sys_error',
    result: 'failure',
    requestId: null,
    accountId: null,
    fields: {},
    count: 1,
  })
  const context = async (): Promise<ProbeContext> => {
    const twins = fakeTwins((twin) => ({
      ...twin,
      eventMark: async () => events.length,
      eventsAfter: async (mark) => events.slice(mark),
      logs: () => logs,
    }))
    const twin = await twins.build()
    return twinTarget(twin, openNetwork(twin)).context(openRecorder())
  }

  test('begins with the claim, and waits for what is asked', async () => {
    events.push(event('before'))
    const { telemetry } = await context()
    setTimeout(() => void events.push(event('after')), 50)
    logs.push({ msg: 'after' })
    const seen = await telemetry.events((all) => all.length > 0)
    assert.deepEqual(
      seen.map(({ id }) => id),
      ['after'],
    )
    assert.deepEqual(telemetry.logs(), [{ msg: 'after' }])
  })

  test('gives what there is when the time is over', async () => {
    const { telemetry } = await context()
    assert.deepEqual(await telemetry.events((all) => all.length > 0, 60), [])
  })
})

suite('a reply that the database can not be reached', () => {
  const ask = async (state?: 'down'): Promise<number> => {
    const twin = await fakeTwins((fake) => ({
      ...fake,
      faults: { ...fake.faults, database: async () => undefined },
    })).build()
    const text = JSON.stringify({ status: 503, code: 'database-unavailable' })
    const reply = { status: 503, headers: {}, body: Buffer.from(text), text: () => text, json: () => JSON.parse(text) }
    const network = { ...openNetwork(twin), request: async () => ({ ...reply, setToken: undefined }) }
    const { network: guarded, faults } = await twinTarget(twin, network).context(openRecorder())
    if (state !== undefined) await faults.database(state)
    return (await guarded.request({ path: '/' })).status
  }

  test('is no answer of the backend where nobody stopped it', async () => {
    await assert.rejects(ask(), { name: 'Unproved', message: /too busy/ })
  })

  test('is one where the claim did', async () => {
    assert.equal(await ask('down'), 503)
  })
})

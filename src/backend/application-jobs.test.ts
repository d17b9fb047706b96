import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { answer, column, defineBackend, type JobContext, job, seconds, Type, table } from '../index.ts'
import { type BackendSuite, type TestBackend, testBackend } from '../testing.ts'

/** Runs of jobs, in order, as they saw themselves. */
const ran: { readonly name: string; readonly saw: unknown }[] = []
/** Jobs of this label fail this often before they go well. */
const failures = new Map<string, number>()

const Labelled = Type.Object({ label: Type.String({ minLength: 1, maxLength: 20 }) })
const Named = Type.Object({
  account: Type.String({ format: 'uuid' }),
  tenant: Type.String({ format: 'uuid' }),
})

const asCaller = job('as-caller', { payload: Labelled, principal: 'caller' })
const asNamed = job('as-named', {
  payload: Named,
  principal: { account: ({ account }) => account, tenant: ({ tenant }) => tenant, scope: 'own' },
})
const everywhere = job('everywhere', { payload: Type.Object({}), principal: { system: 'Counts all things' } })
const inTenant = job('in-tenant', {
  payload: Type.Object({ tenant: Type.String({ format: 'uuid' }) }),
  principal: { system: 'Counts the things of a tenant', tenant: ({ tenant }) => tenant },
})
const chained = job('chained', { payload: Labelled, principal: 'caller', retries: 2 })
const hopeless = job('hopeless', { payload: Labelled, principal: 'caller', retries: 0 })
const undeclared = job('undeclared', { payload: Labelled, principal: 'caller' })

const thing = table(
  'thing',
  {
    id: column.uuid().primary(),
    workspace: column.uuid().plain(),
    owner: column.uuid().plain(),
    label: column.text({ max: 20 }).plain(),
  },
  { tenant: 'workspace', owner: 'owner' },
)

const definition = defineBackend({
  name: 'jobs-of-things',
  tables: [thing],
  permissions: { 'thing:write': 'Write things' },
  roles: { member: ['thing:write'], lead: ['thing:write@tenant'] },
  jobs(app) {
    const labels = async ({ db }: Pick<JobContext<{ thing: { label: string } }>, 'db'>): Promise<readonly string[]> => {
      const rows = await db.selectFrom('thing').select('label').orderBy('label').limit(100).execute()
      return rows.map(({ label }) => label)
    }
    app.job(asCaller, async ({ db, payload: { label }, tries }) => {
      const left = failures.get(label) ?? 0
      failures.set(label, left - 1)
      if (left > 0) throw new Error(`fails ${label}`)
      ran.push({ name: 'as-caller', saw: { label, tries, things: await labels({ db }) } })
    })
    app.job(asNamed, async ({ db }) => void ran.push({ name: 'as-named', saw: await labels({ db }) }))
    app.job(everywhere, async ({ db }) => void ran.push({ name: 'everywhere', saw: await labels({ db }) }))
    app.job(inTenant, async ({ db }) => void ran.push({ name: 'in-tenant', saw: await labels({ db }) }))
    app.job(chained, async ({ transaction, enqueue, payload: { label } }) =>
      transaction(async (tx) => {
        await tx.insertInto('thing').values({ label }).execute()
        await enqueue(asCaller, { label }, { tx })
      }),
    )
    app.job(hopeless, async () => {
      throw new Error('a secret of the handler')
    })
  },
  routes(app) {
    const route = {
      permission: 'thing:write',
      onlyRefusals: 'puts jobs in',
    } as const
    app.post('/things', {
      ...route,
      schema: { body: Labelled, response: { 204: 'empty' } },
      handler: async ({ transaction, enqueue, body: { label } }) => {
        await transaction(async (tx) => {
          await tx.insertInto('thing').values({ label }).execute()
          await enqueue(asCaller, { label }, { tx })
          if (label === 'rolled back') throw new Error('rolled back')
        })
        return answer(204)
      },
    })
    app.post('/named', {
      ...route,
      schema: { body: Named, response: { 204: 'empty' } },
      handler: async ({ enqueue, body }) => {
        await enqueue(asNamed, body)
        await enqueue(inTenant, { tenant: body.tenant })
        return answer(204)
      },
    })
    app.post('/everywhere', {
      ...route,
      schema: { response: { 204: 'empty' } },
      handler: async ({ enqueue }) => {
        await enqueue(everywhere, {})
        return answer(204)
      },
    })
    app.post('/chained', {
      ...route,
      schema: { body: Labelled, response: { 204: 'empty' } },
      handler: async ({ enqueue, body }) => {
        await enqueue(chained, body)
        await enqueue(hopeless, body)
        return answer(204)
      },
    })
    app.post('/later', {
      ...route,
      schema: { body: Labelled, response: { 204: 'empty' } },
      handler: async ({ enqueue, body }) => {
        await enqueue(asCaller, body, { after: seconds(1) })
        return answer(204)
      },
    })
    app.post('/wrong', {
      ...route,
      schema: { body: Labelled, response: { 204: 'empty' } },
      handler: async ({ enqueue, body }) => {
        // As JavaScript could.
        if (body.label === 'undeclared') await enqueue(undeclared, body)
        else await enqueue(asCaller, { label: 7 } as unknown as { label: string })
        return answer(204)
      },
    })
  },
})

suite('a job of the application', () => {
  let backends: BackendSuite
  let backend: TestBackend
  before(async () => {
    backends = await testBackend(definition)
    backend = await backends.fresh()
  })
  after(() => backends.close())

  const until = async (condition: () => boolean | Promise<boolean>, what: string, within = 10_000): Promise<void> => {
    const latest = performance.now() + within
    while (!(await condition())) {
      if (performance.now() > latest) assert.fail(`not within ${within} ms: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const sawOf = (name: string, label: string): unknown =>
    ran.find(({ name: each, saw }) => each === name && (saw as { label?: string }).label === label)?.saw
  const queued = async (name: string): Promise<number> =>
    (await backend.database.query('select from holdfast_jobs.job where name = $1', [name])).rowCount

  test('runs within a second of the commit, and sees what its caller sees, no other tenant’s rows', async (t) => {
    assert.equal((await backend.as('member', { tenant: 'B' }).post('/things', { label: 'elsewhere' })).status, 204)
    await until(() => sawOf('as-caller', 'elsewhere') !== undefined, 'elsewhere')
    const begun = performance.now()
    assert.equal((await backend.as('member').post('/things', { label: 'here' })).status, 204)
    await until(() => sawOf('as-caller', 'here') !== undefined, 'here', 1_000)
    t.diagnostic(`ran ${Math.round(performance.now() - begun)} ms after it was asked for`)
    assert.deepEqual(sawOf('as-caller', 'here'), { label: 'here', tries: 0, things: ['here'] })
    assert.deepEqual(sawOf('as-caller', 'elsewhere'), { label: 'elsewhere', tries: 0, things: ['elsewhere'] })
  })

  test('is not there when the transaction that asked for it was rolled back', async () => {
    assert.equal((await backend.as('member').post('/things', { label: 'rolled back' })).status, 500)
    assert.equal((await backend.as('member').post('/things', { label: 'after' })).status, 204)
    await until(() => sawOf('as-caller', 'after') !== undefined, 'after')
    assert.equal(sawOf('as-caller', 'rolled back'), undefined)
  })

  test('lies sealed in the queue, and is not in the log when it fails', async () => {
    assert.equal((await backend.as('member').post('/later', { label: 'kept-secret' })).status, 204)
    const { rows } = await backend.database.query(`select data from holdfast_jobs.job where name = 'job.as-caller'`)
    assert.ok(rows.length > 0)
    assert.doesNotMatch(JSON.stringify(rows), /kept-secret/)
    await until(() => sawOf('as-caller', 'kept-secret') !== undefined, 'kept-secret', 12_000)
  })

  test('runs as who its payload names, and for the system in one tenant or everywhere', async () => {
    const { accountId: account, tenantId: tenant } = backend.person('member', { tenant: 'B' })
    assert.equal((await backend.as('member').post('/named', { account, tenant })).status, 204)
    assert.equal((await backend.as('member').post('/everywhere')).status, 204)
    await until(
      () => ['as-named', 'in-tenant', 'everywhere'].every((one) => ran.some(({ name }) => name === one)),
      'all',
    )
    const saw = (one: string) => ran.find(({ name }) => name === one)?.saw
    assert.deepEqual(saw('as-named'), ['elsewhere'])
    assert.deepEqual(saw('in-tenant'), ['elsewhere'])
    assert.deepEqual(saw('everywhere'), ['after', 'elsewhere', 'here'])
  })

  test('is tried again after it failed, with what it had', async () => {
    failures.set('retried', 1)
    assert.equal((await backend.as('member').post('/things', { label: 'retried' })).status, 204)
    await until(() => sawOf('as-caller', 'retried') !== undefined, 'retried', 30_000)
    assert.equal((sawOf('as-caller', 'retried') as { tries: number }).tries, 1)
  })

  test('asks for further jobs in its own transaction; one that is given up is told of, without what went wrong', async () => {
    assert.equal((await backend.as('member').post('/chained', { label: 'chained' })).status, 204)
    await until(() => sawOf('as-caller', 'chained') !== undefined, 'chained')
    const events = await backend.events((written) => written.some(({ name }) => name === 'job_failed'))
    const { fields, result } = events.find(({ name }) => name === 'job_failed') ?? {}
    assert.deepEqual([fields, result], [{ job: 'hopeless', reason: 'given-up' }, 'failure'])
    const { rows } = await backend.database.query('select * from holdfast_jobs.job')
    assert.doesNotMatch(JSON.stringify(rows), /a secret of the handler/)
  })

  test('is refused where its payload does not fit or nobody declared it', async () => {
    const before = await queued('job.as-caller')
    for (const label of ['undeclared', 'number'])
      assert.equal((await backend.as('member').post('/wrong', { label })).status, 500, label)
    assert.equal(await queued('job.as-caller'), before)
    assert.equal(await queued('job.undeclared'), 0)
  })

  for (const [what, data, reason] of [
    ['what nobody sealed', { by: '||all', sealed: 'AAAA' }, 'unreadable'],
    ['nothing', {}, 'unreadable'],
  ] as const) {
    test(`is dropped and told of where it holds ${what}`, async () => {
      await backend.database.query(
        `insert into holdfast_jobs.job (name, data, policy, dead_letter) values ('job.hopeless', $1, 'standard', 'jobs-failed')`,
        [JSON.stringify(data)],
      )
      await backend.events((written) =>
        written.some(({ name, fields }) => name === 'job_failed' && fields.reason === reason),
      )
    })
  }

  test('does not run for somebody who is gone by then', async () => {
    const { accountId, tenantId } = backend.person('member', { number: 2 })
    assert.equal((await backend.as('member', { number: 2 }).post('/later', { label: 'gone' })).status, 204)
    await backend.database.query('delete from holdfast.tenant_member where account_id = $1 and tenant_id = $2', [
      accountId,
      tenantId,
    ])
    await backend
      .events((written) =>
        written.some(({ name, fields }) => name === 'job_failed' && fields.reason === 'principal-gone'),
      )
      .catch(() => undefined)
    await until(
      async () => (await backend.events()).some(({ fields }) => fields.reason === 'principal-gone'),
      'principal-gone',
      12_000,
    )
    assert.equal(sawOf('as-caller', 'gone'), undefined)
  })

  test('can not be put in by the runtime role under another name or identity', async () => {
    const insert = 'insert into holdfast_jobs.job (name, data) values ($1, $2)'
    const role = 'set local role jobs_of_things_runtime'
    for (const [name, data] of [
      ['mail', { sealed: 'AAAA' }],
      ['jobs-failed', {}],
      ['job.as-caller', { by: '||all', sealed: 'AAAA' }],
      ['job.as-caller', {}],
    ] as const) {
      await backend.database.query('begin')
      await backend.database.query(role)
      await backend.database.query(`select set_config('holdfast.identity', '||own', true)`)
      await assert.rejects(backend.database.query(insert, [name, JSON.stringify(data)]), { code: '42501' }, name)
      await backend.database.query('rollback')
    }
  })
})

suite('the declaration of a job', () => {
  const payload = Type.Object({})
  const system = { system: 'Cleans up' } as const
  for (const [what, declare, reason] of [
    ['a name in capitals', () => job('Remind', { payload, principal: 'caller' }), /lower-case/],
    [
      'a payload without bounds',
      () => job('remind', { payload: Type.Object({ a: Type.String() }), principal: 'caller' }),
      /no bound/,
    ],
    [
      'a payload that is no object',
      () => job('remind', { payload: Type.Integer({ minimum: 0, maximum: 1 }), principal: 'caller' }),
      /object/,
    ],
    ['too many retries', () => job('remind', { payload, principal: 'caller', retries: 51 }), /retries/],
    [
      'a time limit of an hour and more',
      () => job('remind', { payload, principal: 'caller', timeLimit: seconds(3601) }),
      /timeLimit/,
    ],
    ['a system that does not say why', () => job('remind', { payload, principal: { system: ' ' } }), /why/],
    ['a schedule for a caller', () => job('remind', { payload, principal: 'caller', schedule: '0 0 * * *' }), /system/],
    ['a schedule that is none', () => job('remind', { payload, principal: system, schedule: 'daily' }), /five fields/],
    [
      'a schedule with something required',
      () => job('remind', { payload: Labelled, principal: system, schedule: '0 0 * * *' }),
      /required/,
    ],
  ] as const) {
    test(`refuses ${what}`, () => assert.throws(declare, { name: 'StartRefusal', message: reason }))
  }
})

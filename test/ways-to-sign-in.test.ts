import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeSoftwarePasskey } from '../src/backend/twin/software-passkey.ts'
import { type RunningTwin, startTwin } from '../src/backend/twin/twin.ts'
import type { TwinFault } from '../src/backend/twin/twin-faults.ts'
import { openTwinHost, type TwinHost } from '../src/backend/twin/twin-host.ts'
import type { MultiFactor } from '../src/checklist/authentication/multi-factor/index.ts'
import { resolveConfiguration } from '../src/checklist/server/secure-configuration/index.ts'
import { defineBackend, Type } from '../src/index.ts'
import type { SurfaceRoute } from '../src/kernel/surface.ts'
import type { TwinIdentity } from '../src/kernel/vantage.ts'
import { type RealProvider, startRealProvider } from '../src/platform/openid/provider.fixture.ts'
import { type Browser, browserOn } from './in-memory-browser.fixture.ts'
import { addApp, ask, byPasskey, type Place, WAYS } from './ways-to-sign-in.fixture.ts'

const Ledger = Type.Object({ total: Type.Integer({ minimum: 0, maximum: 1_000 }) }, { additionalProperties: false })

const definition = defineBackend({
  name: 'ways',
  title: 'Ways',
  tables: [],
  permissions: { 'ledger:read': 'Read the ledger', 'ledger:write': 'Write to it', 'menu:read': 'Read the menu' },
  roles: {
    member: ['menu:read'],
    treasurer: { grants: ['ledger:read', 'ledger:write'], secondFactor: true },
  },
  routes(app) {
    app.get('/ledger', {
      permission: 'ledger:read',
      schema: { response: { 200: Ledger } },
      examples: () => ({}),
      handler: () => ({ total: 1 }),
    })
    app.post('/ledger', {
      permission: 'ledger:write',
      schema: { body: Ledger, response: { 200: Ledger } },
      examples: () => ({ body: { total: 2 } }),
      handler: ({ body }) => body,
    })
    app.get('/menu', {
      permission: 'menu:read',
      schema: { response: { 200: Ledger } },
      examples: () => ({}),
      handler: () => ({ total: 3 }),
    })
  },
})

/** A role that people made of one that requires a second factor. */
const HEIR = 'heir'
/** Those that are of no effect without a second factor, and one that is. */
const ROLES = ['owner', 'admin', 'auditor', 'treasurer', HEIR, 'member'] as const
type Role = (typeof ROLES)[number]
type WayName = keyof typeof WAYS
const WAY_NAMES = Object.keys(WAYS) as readonly WayName[]

/** Two people of a role. */
interface Pair {
  /** Has a passkey. */
  readonly has: TwinIdentity
  readonly hasNone: TwinIdentity
}

let host: TwinHost
let provider: RealProvider
before(async () => {
  ;[host, provider] = await Promise.all([openTwinHost(definition, { identities: true }), startRealProvider()])
})
after(() => Promise.all([host.close(), provider.close()]))

async function open(fault?: Pick<TwinFault, 'item' | 'wraps'>): Promise<RunningTwin> {
  const twin = await startTwin(host, {
    configuration: resolveConfiguration({ environment: {}, mode: 'dev' }),
    nodes: 1,
    openid: [provider.settings],
    ...(fault === undefined ? {} : { fault: { statements: [], settings: {}, server: [], ...fault } }),
  })
  provider.register(twin.origins.map((origin) => `${origin}/auth/openid/real/callback`))
  return twin
}

suite('every way to sign in, for every role that requires a second factor and one that does not', {
  timeout: 120_000,
}, () => {
  let place: Place
  let people: ReadonlyMap<Role, Pair>
  before(async () => {
    const twin = await open()
    place = { twin, provider }
    people = await peopleOf(twin)
  })
  after(() => place.twin.stop())

  for (const role of ROLES)
    for (const way of WAY_NAMES) {
      test(`${way} as ${role}: who has a second factor reaches nothing with one, and what is theirs with both`, async () => {
        const { has } = pairOf(people, role)
        const { browser, reached } = await withOneFactor(place, has, way)
        assert.deepEqual(reached, [])
        const second = way === 'passkey' ? '/auth/passkey' : '/auth/second-factor/passkey'
        assert.equal(await byPasskey(place, browser, has, second), '200 done')
        assert.deepEqual(await standing(browser), [has.accountId, 2])
        assert.deepEqual(await refusals(browser, [...privileged(place.twin, role), ...ordinary(place.twin)]), [])
      })

      test(`${way} as ${role}: who has none yet reaches what asks for none, and the rest once there is one`, async () => {
        const { hasNone } = pairOf(people, role)
        const browser = browserOn(place.twin)
        if (way === 'passkey') {
          const stranger = { ...hasNone, passkey: makeSoftwarePasskey() }
          assert.equal(await byPasskey(place, browser, stranger, '/auth/passkey'), '401 passkey-refused')
          assert.deepEqual(await standing(browser), null)
          return
        }
        assert.match(await WAYS[way](place, browser, hasNone), way === 'OpenID' ? /^303 to \/$/ : /^200 done$/)
        assert.deepEqual(await standing(browser), [hasNone.accountId, 1])
        assert.deepEqual(await refusals(browser, ordinary(place.twin)), [])
        for (const route of privileged(place.twin, role))
          assert.match(await ask(browser, route), WITHHELD, `${route.method} ${route.path}`)
        assert.equal(await addApp(place, browser), '200')
        assert.deepEqual(await standing(browser), [hasNone.accountId, 2])
        assert.deepEqual(await refusals(browser, privileged(place.twin, role)), [])
        for (const table of ['totp', 'recovery_code'])
          await place.twin.database.admin.query(`delete from holdfast.${table} where account_id = $1`, [
            hasNone.accountId,
          ])
      })
    }

  test('are tried on routes that there are', () => {
    const { twin } = place
    for (const role of ROLES) assert.equal(privileged(twin, role).length > 0, role !== 'member', role)
    assert.ok(notPublic(twin).length > 40)
  })
})

suite('a way that leads around the second factor', { timeout: 60_000 }, () => {
  test('is seen, and the others are as they were', async () => {
    const twin = await open({
      item: 'authentication/multi-factor',
      wraps: [
        (control) => {
          const factors = control as MultiFactor
          const admit: MultiFactor['admit'] = async (tx, proof) =>
            proof.method === 'openid' ? { kind: 'session', assurance: 2 } : factors.admit(tx, proof)
          return { ...factors, admit }
        },
      ],
    })
    try {
      const place = { twin, provider }
      const { has } = pairOf(await peopleOf(twin), 'treasurer')
      assert.deepEqual((await withOneFactor(place, has, 'OpenID')).reached, [
        '303 to /',
        'a session of assurance 2',
        'nothing to go on with',
      ])
      for (const way of WAY_NAMES.filter((name) => name !== 'OpenID'))
        assert.deepEqual((await withOneFactor(place, has, way)).reached, [], way)
    } finally {
      await twin.stop()
    }
  })
})

/** Signs in with one of two factors. @returns what that reached, which should be nothing. */
async function withOneFactor(
  place: Place,
  who: TwinIdentity,
  way: WayName,
): Promise<{ readonly browser: Browser; readonly reached: readonly string[] }> {
  const browser = browserOn(place.twin)
  const reached: string[] = []
  const answer = await WAYS[way](place, browser, who)
  if (answer !== HALFWAY[way]) reached.push(answer)
  const whose = await standing(browser)
  if (whose !== null) reached.push(`a session of assurance ${whose[1]}`)
  const token = browser.cookies.get('__Host-pending')
  if (token === undefined)
    return { browser, reached: way === 'passkey' ? reached : [...reached, 'nothing to go on with'] }
  for (const route of place.twin.surface.routes) {
    // Whoever is halfway is nobody: what is public answers as to anybody; what changes something there is asked for by everybody alike.
    if (route.access.kind === 'public' && route.method !== 'GET') continue
    const right = route.access.kind === 'public' ? await ask(browserOn(place.twin), route) : undefined
    for (const name of ['__Host-pending', '__Host-session']) {
      const seen = await ask(browserOn(place.twin, [[name, token]]), route)
      const refused = right === undefined ? /^401\b|^303 to \/sign-in$/.test(seen) : seen === right
      if (!refused) reached.push(`${route.method} ${route.path} by ${name}: ${seen}`)
    }
  }
  return { browser, reached }
}

/** What is answered to one of two factors; a provider’s way back ends on a page that goes on. */
const HALFWAY: Readonly<Record<WayName, string>> = {
  password: '200 second-factor',
  'mailed link': '200 second-factor',
  OpenID: '200',
  passkey: '401 passkey-refused',
}

/** Which of these routes are refused to who may reach them: none should be. */
async function refusals(browser: Browser, routes: readonly SurfaceRoute[]): Promise<readonly string[]> {
  const refused: string[] = []
  for (const route of routes) {
    const answer = await ask(browser, route)
    // Of what has neither parameter nor body nothing is missing.
    const right = route.method === 'GET' && !route.path.includes(':') ? answer === '200' : !/^(401|403|5)/.test(answer)
    if (!right) refused.push(`${route.method} ${route.path}: ${answer}`)
  }
  return refused
}

/** What a session of one factor is told; a page leads to where one is set up. */
const WITHHELD = /^(403 second-factor-required|303 to \/account\/factors)$/

/** Whose session a browser has, and of which assurance. */
async function standing(browser: Browser): Promise<readonly [accountId: unknown, assurance: unknown] | null> {
  const { status, body } = await browser.get('/auth/session')
  return status === 200 ? [(body.account as { readonly id?: unknown }).id, body.assurance] : null
}

const notPublic = ({ surface }: RunningTwin): readonly SurfaceRoute[] =>
  surface.routes.filter(({ access }) => access.kind !== 'public')

/** The routes of a role that members have not. */
function privileged({ surface }: RunningTwin, role: Role): readonly SurfaceRoute[] {
  const held = surface.roles[role === HEIR ? 'treasurer' : role] ?? {}
  const ordinary = surface.roles.member ?? {}
  return surface.routes.filter(
    ({ access }) =>
      access.kind === 'permission' &&
      held[access.permission] !== undefined &&
      ordinary[access.permission] === undefined,
  )
}

/** What everybody who is signed in may look at. */
const ordinary = ({ surface }: RunningTwin): readonly SurfaceRoute[] =>
  surface.routes.filter(
    ({ method, path, access }) =>
      method === 'GET' && !path.includes(':') && access.kind === 'signed-in' && access.stepUp === undefined,
  )

function pairOf(people: ReadonlyMap<Role, Pair>, role: Role): Pair {
  const pair = people.get(role)
  if (pair === undefined) throw new Error(`nobody is ${role}`)
  return pair
}

/** All of them have added the provider. */
async function peopleOf(twin: RunningTwin): Promise<ReadonlyMap<Role, Pair>> {
  const { admin } = twin.database
  await twin.people()
  // The same again, with accounts of their own: members of whom heirs are made.
  const others = await twin.people()
  await admin.query(
    "insert into holdfast.role (name, origin, grants, inherits) values ($1, 'custom', '{}', '{treasurer}')",
    [HEIR],
  )
  const people = new Map<Role, Pair>()
  for (const role of ROLES) {
    const from = role === HEIR ? others : twin.identities
    const named = (number: 1 | 2): TwinIdentity => {
      const found = from.find(({ name }) => name === `${role === HEIR ? 'member' : role}-a${number}`)
      if (found === undefined) throw new Error(`nobody is ${role}`)
      return found
    }
    const [has, hasNone] = [named(1), named(2)]
    const accounts = [has.accountId, hasNone.accountId]
    if (role === HEIR)
      await admin.query('update holdfast.account_role set role = $1 where account_id = any ($2::uuid[])', [
        HEIR,
        accounts,
      ])
    await admin.query('delete from holdfast.passkey where account_id = any ($1::uuid[])', [accounts])
    await admin.query(
      `insert into holdfast.openid_identity (provider, subject, account_id, linked_at)
       select 'real', id, id::uuid, now() from unnest($1::text[]) as id`,
      [accounts],
    )
    const { publicKey, ...passkey } = makeSoftwarePasskey()
    await admin.query(
      `insert into holdfast.passkey (id, account_id, credential_id, public_key, counter, transports, backed_up, name, created_at)
       values ($1, $2, $3, $4, 0, '{internal}', false, 'Software', now())`,
      [randomUUID(), has.accountId, Buffer.from(passkey.credentialId, 'base64url'), publicKey],
    )
    people.set(role, { has: { ...has, passkey }, hasNone })
  }
  // Roles that are made while the backend runs are announced to it.
  const factors = twin.backends[0]?.controls['authentication/multi-factor']
  for (let tries = 0; tries < 250 && factors?.isRequired([HEIR]) !== true; tries++) await sleep(20)
  return people
}

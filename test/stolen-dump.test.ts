import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { comeBack, leave, visitDouble } from '../src/backend/openid-browser.fixture.ts'
import { OWN_COOKIES } from '../src/backend/routes/route.ts'
import { testClient } from '../src/backend/testing/test-client.ts'
import { type RunningTwin, startTwin } from '../src/backend/twin/twin.ts'
import type { TwinFault } from '../src/backend/twin/twin-faults.ts'
import { openTwinHost, type TwinHost } from '../src/backend/twin/twin-host.ts'
import { signWithPasskey } from '../src/check/software-passkey.ts'
import { solve } from '../src/checklist/authentication/enumeration-and-brute-force/solve.ts'
import type { MultiFactor } from '../src/checklist/authentication/multi-factor/index.ts'
import { codeOf, stepAt } from '../src/checklist/authentication/multi-factor/probe-totp.ts'
import type { StrongAuthentication } from '../src/checklist/authentication/strong-authentication/index.ts'
import { resolveConfiguration } from '../src/checklist/server/secure-configuration/index.ts'
import { column, defineBackend, table } from '../src/index.ts'
import { Secret } from '../src/kernel/secret.ts'
import { proofsOfWork } from '../src/platform/challenge/index.ts'
import { createSealer, SealBroken } from '../src/platform/keys/index.ts'
import { openMail } from '../src/platform/mail/index.ts'
import { answerOf, browserOn } from './in-memory-browser.fixture.ts'
import {
  byteColumns,
  type Candidate,
  candidatesOf,
  readDump,
  type StoredValue,
  secretsIn,
} from './stolen-dump.fixture.ts'
import { cookieDoors } from './stolen-dump-cookies.fixture.ts'
import { breakIns, type Door, tokenDoors } from './stolen-dump-doors.fixture.ts'
import { keysIn, sealedIn, unseal } from './stolen-dump-seals.fixture.ts'
import { makeVictims, type Victims } from './stolen-dump-victims.fixture.ts'

/*
 * Somebody has a copy of the database, and nothing else: not the keyrings, no mailbox, no browser of anybody. They try all that is in
 * it wherever a secret is taken. API keys are not there yet; the test of columns fails once they are, and says where.
 */

const definition = defineBackend({
  name: 'stolen',
  title: 'Stolen',
  tables: [
    table(
      'note',
      { id: column.uuid().primary(), owner: column.uuid().plain(), words: column.text({ max: 200 }).plain() },
      { owner: 'owner' },
    ),
  ],
  permissions: { 'note:read': 'Read notes' },
  roles: { member: ['note:read'] },
  signUp: 'open',
  routes: () => {},
})

/** What the columns of bytes keep: the hash of a secret that is tried below, or what is no secret of anybody. */
const COLUMNS: Readonly<Record<string, readonly string[] | string>> = {
  'holdfast.attempt.subject_hash': 'a keyed hash of whom is tried',
  'holdfast.known_device.token_hash': ['a device token'],
  'holdfast.mail_link.invitation_hash': ['an invitation'],
  'holdfast.mail_link.token_hash': [
    'a sign-up link',
    'a verification link',
    'a link to change the address',
    'a reset link',
    'a sign-in link',
  ],
  'holdfast.one_time_link.token_hash': ['an invitation', 'an enrolment link'],
  'holdfast.passkey.credential_id': 'public',
  'holdfast.passkey.public_key': 'public',
  'holdfast.pending_sign_in.token_hash': ['a pending sign-in'],
  'holdfast.recovery_code.code_hash': ['a recovery code'],
  'holdfast.session.token_hash': ['a session'],
  'holdfast.spent.hash': 'what was used up',
  'holdfast.totp.offered_secret': 'sealed',
  'holdfast.totp.sealed_secret': 'sealed',
}

/** The doors that take a token, by the secret that opens them. */
const OPENED_BY = {
  'a sign-up link': ['GET /sign-up/:token', 'POST /sign-up/:token', 'POST /auth/sign-up/complete'],
  'an invitation': ['POST /auth/sign-up', 'POST /invitation/:token', 'POST /join/:token', 'POST /tenant/join'],
  'a verification link': ['GET /verify/:token', 'POST /verify/:token', 'POST /auth/verify'],
  'a reset link': ['GET /reset/:token', 'POST /reset/:token', 'POST /auth/reset/complete'],
  'a sign-in link': ['GET /sign-in/link/:token', 'POST /sign-in/link/:token', 'POST /auth/sign-in-link/complete'],
  'a ticket': ['GET /auth/openid/:provider/link'],
  'a link to change the address': [
    'GET /account/email/:token',
    'POST /account/email/:token',
    'POST /auth/email/complete',
  ],
  'an enrolment link': ['GET /enrol/:token', 'POST /enrol/:token', 'POST /auth/enrol'],
} as const
/** Shows the same form to everybody; what it sends is looked at where it arrives. */
const NO_DOOR = 'GET /invitation/:token'
/** They hash a password before they look at the link: these are tried with the hashes of links, and `GET /enrol/:token` with everything. */
const SLOW = ['POST /enrol/:token', 'POST /auth/enrol']

let host: TwinHost
const start = (fault?: Pick<TwinFault, 'item' | 'wraps'>): Promise<RunningTwin> =>
  startTwin(host, {
    configuration: resolveConfiguration({ environment: {}, mode: 'dev' }),
    nodes: 1,
    ...(fault === undefined ? {} : { fault: { statements: [], settings: {}, server: [], ...fault } }),
  })
before(async () => {
  host = await openTwinHost(definition, { identities: true })
})
after(() => host.close())

suite('a copy of the database', { timeout: 120_000 }, () => {
  let twin: RunningTwin
  let victims: Victims
  let dump: readonly StoredValue[]
  let candidates: readonly Candidate[]
  let hashes: readonly Candidate[]

  before(async () => {
    twin = await start()
    const empty = await readDump(twin.database.admin)
    victims = await makeVictims(host, twin)
    dump = await readDump(twin.database.admin)
    candidates = candidatesOf(dump, empty)
    hashes = candidates.filter(({ binary }) => binary)
  })
  after(() => twin.stop())

  const admin = () => twin.database.admin
  const noLimits = () => admin().query('delete from holdfast.attempt')
  /** All but those of accounts, which a test is about. */
  const noAddressLimits = () => admin().query("delete from holdfast.attempt where kind = 'address'")
  const sealer = () => createSealer(host.keyrings.data, randomBytes)
  const cookies = () => cookieDoors(twin, victims)
  /** Of what can be in a cookie. */
  const tryCookie = async (name: keyof ReturnType<typeof cookies>, between = noLimits): Promise<void> =>
    assert.deepEqual(await breakIns({ ...cookies()[name], takes: fitsCookie }, candidates, between), [])
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const doors = (): readonly Door[] =>
    tokenDoors(twin.surface, ({ access }) => (access.kind === 'public' ? browserOn(twin) : victims.ada.browser))

  test('holds none of the secrets', () => assert.deepEqual(secretsIn(dump, victims.secrets), []))

  test('holds of each kind its hash, in columns of bytes that are all known here', async () => {
    assert.deepEqual(await byteColumns(admin()), Object.keys(COLUMNS))
    for (const [place, kinds] of Object.entries(COLUMNS)) {
      if (typeof kinds === 'string') continue
      const held = new Set(dump.flatMap((one) => (one.place === place ? [Buffer.from(one.value).toString('hex')] : [])))
      for (const kind of kinds) {
        const given = victims.secrets.filter((secret) => secret.kind === kind)
        const stored =
          given.length > 0 &&
          given.every(({ text }) => held.has(sha256(text)) || held.has(sha256(text.replaceAll('-', ''))))
        assert.ok(stored, `${kind} is not what ${place} keeps the hash of`)
      }
    }
  })

  test('opens no door that takes a token', async () => {
    const found = doors()
    const links = hashes.filter(({ place }) => place === 'holdfast.one_time_link.token_hash')
    assert.ok(links.length > 0)
    assert.deepEqual(found.map(({ name }) => name).sort(), [...Object.values(OPENED_BY).flat(), NO_DOOR].sort())
    for (const door of found) {
      const tried = door.name === NO_DOOR ? { ...door, strangers: '200' } : door
      assert.deepEqual(await breakIns(tried, SLOW.includes(door.name) ? links : candidates, noLimits), [])
    }
  })

  test('is no session, no sign-in under way and no sign-in elsewhere', async () => {
    assert.deepEqual(Object.keys(cookies()).sort(), ['__Host-session', ...OWN_COOKIES].sort())
    for (const name of ['__Host-session', '__Host-pending', '__Host-openid'] as const) await tryCookie(name)
  })

  test('is no known device', async () => {
    const { email } = victims.bob.who
    await noLimits()
    await browserOn(twin).post('/auth/sign-in', { email, password: 'not the right one' })
    await admin().query(
      "update holdfast.attempt set failures = 20, blocked_until = now() + interval '10 minutes' where kind = 'account'",
    )
    await tryCookie('__Host-device', noAddressLimits)
    const own = victims.bob.browser.cookies.get('__Host-device') ?? ''
    assert.equal(await cookies()['__Host-device'].send(own), '200 done')
    await noLimits()
  })

  test('is no proof of work, and no key that signs what is asked for', async () => {
    await admin().query(
      `insert into holdfast.attempt (subject_hash, kind, failures, first_at, last_at, blocked_until)
       values ($1, 'service', 100, now(), now(), now() + interval '10 minutes')`,
      [sealer().index('attempt service', 'alarm')],
    )
    await tryCookie('__Host-challenge', noAddressLimits)
    const solved = solve((await browserOn(twin).get('/auth/challenge')).body.challenge)
    for (const [bytes, place] of keysIn(candidates)) {
      const verdict = await proofsOfWork(new Secret(bytes), () => twin.clock.now()).verify(solved)
      assert.equal(verdict, 'forged', place)
    }
    const door = cookies()['__Host-challenge']
    assert.equal(await door.send(solved), '200 done')
    assert.equal(await door.send(solved), '403 challenge-required')
    await noLimits()
  })

  test('is no challenge that a passkey could have answered', async () => {
    const who = twin.identities.find(({ name }) => name === 'admin-a1')
    const passkey = who?.passkey
    assert.ok(who !== undefined && passkey !== undefined)
    const [origin] = twin.origins
    const question = { rpId: 'localhost', origin }
    const send = (challenge: string): Promise<string> =>
      browserOn(twin)
        .post('/auth/passkey/sign-in', signWithPasskey(passkey, who.accountId, { ...question, challenge }))
        .then(answerOf)
    const { body } = await browserOn(twin).post('/auth/passkey/options')
    assert.equal(await send(String(body.challenge)), '200 done')
    const used = candidatesOf(await readDump(admin()), dump)
    assert.ok(used.some(({ place }) => place === 'holdfast.spent.hash'))
    const takes = ({ text }: Candidate): boolean => /^[A-Za-z0-9_-]+$/.test(text)
    assert.deepEqual(await breakIns({ name: 'a passkey’s sign-in', send, takes }, used, noLimits), [])
    assert.equal(await send(String(body.challenge)), '401 passkey-refused')
  })

  test('is no password', async () => {
    const { who } = victims.ada
    const { rows } = await admin().query('select hash from holdfast.password where account_id = $1', [who.accountId])
    const hash = String(rows[0]?.hash)
    const parts = [hash, ...hash.split('$')].map((value) => ({ place: 'holdfast.password.hash', value }))
    const send = (password: string): Promise<string> =>
      browserOn(twin).post('/auth/sign-in', { email: who.email, password }).then(answerOf)
    assert.deepEqual(await breakIns({ name: 'signing in', send, limit: 4 }, candidatesOf(parts), noLimits), [])
    assert.equal(await send(who.password), '200 second-factor')
  })

  test('is no code, neither as the secret of an app nor as a recovery code', async () => {
    const { pending, totp } = victims.ada
    const second =
      (method: string) =>
      async (code: string): Promise<string> =>
        answerOf(await pending.post('/auth/second-factor', { method, code }))
    const now = stepAt(twin.clock.now())
    const right = new Set([-1, 0, 1, 2, 3].map((steps) => codeOf(totp, now + steps)))
    const codes = keysIn(hashes)
      .map(([bytes, place]) => ({ place, text: codeOf(bytes, now), bytes, binary: true }))
      // One in some 200,000 is right by chance.
      .filter(({ text }) => !right.has(text))
    const app: Door = { name: 'the code of an app', send: second('totp'), shape: /^\d{6}$/, limit: 4 }
    assert.deepEqual(await breakIns(app, codes, noLimits), [])
    const own = new Set(victims.recoveryCodes.map((code) => sha256(code.replaceAll('-', ''))))
    const kept = candidatesOf(dump.filter(({ value }) => own.has(Buffer.from(value).toString('hex'))))
    assert.ok(kept.length >= 100)
    const cut = kept.map((one) => ({ ...one, text: one.text.toUpperCase().slice(0, 16) }))
    const recovery: Door = { name: 'a recovery code', send: second('recovery-code'), shape: /^[0-9A-Z]{16}$/, limit: 4 }
    assert.deepEqual(await breakIns(recovery, [...kept, ...cut], noLimits), [])
  })

  test('opens nothing that is sealed', async () => {
    const sealed = await sealedIn(admin())
    for (const kind of ['totp ', 'totp-offer ', 'mail '])
      assert.ok(
        sealed.some(({ context }) => context.startsWith(kind)),
        kind,
      )
    const key = host.keyrings.data.current('data').key.release()
    const keys = keysIn(candidates).filter(([bytes]) => bytes.length === key.length)
    assert.ok(keys.length > 50)
    for (const one of sealed) {
      assert.notEqual(unseal(one, key), null, `the right key opens ${one.context}`)
      for (const [bytes, place] of keys) assert.equal(unseal(one, bytes), null, `${place} opens ${one.context}`)
    }
  })

  test('has nothing in it that opens in another place, even for the keyring', async () => {
    const sealed = await sealedIn(admin())
    for (const { bytes, context } of sealed)
      for (const other of sealed)
        if (other.context !== context)
          assert.throws(() => sealer().open(bytes, other.context), SealBroken, `${context} as ${other.context}`)

    const [mail, another] = (await admin().query("select id::text, data from holdfast_jobs.job where name = 'mail'"))
      .rows
    assert.ok(mail !== undefined && another !== undefined)
    assert.match(openMail({ id: String(mail.id), data: mail.data }, sealer())?.to ?? '', /@/)
    assert.throws(() => openMail({ id: String(another.id), data: mail.data }, sealer()), SealBroken)

    const { ada, eve } = victims
    const code = await victims.code(ada.totp)
    const put = (secret: unknown) =>
      admin().query('update holdfast.totp set sealed_secret = $1 where account_id = $2', [secret, eve.who.accountId])
    const secretOf = async (accountId: string): Promise<unknown> =>
      (await admin().query('select sealed_secret from holdfast.totp where account_id = $1', [accountId])).rows[0]
        ?.sealed_secret
    const own = await secretOf(eve.who.accountId)
    await put(await secretOf(ada.who.accountId))
    assert.equal(answerOf(await eve.pending.post('/auth/second-factor', { method: 'totp', code })), '500 unexpected')
    assert.equal((await eve.pending.get('/auth/session')).status, 401)
    await put(own)
    const right = { method: 'totp', code: await victims.code(eve.totp) }
    assert.equal(answerOf(await eve.pending.post('/auth/second-factor', right)), '200 done')
  })

  test('is all that they have: those to whom the secrets were given get in', async () => {
    const { ada, recoveryCodes, code } = victims
    await noLimits()
    assert.equal(await cookies()['__Host-session'].send(ada.browser.cookies.get('__Host-session') ?? ''), '200')
    const { email, password } = ada.who
    const again = browserOn(twin)
    await again.post('/auth/sign-in', { email, password })
    const recovery = { method: 'recovery-code', code: recoveryCodes[0] }
    assert.equal(answerOf(await again.post('/auth/second-factor', recovery)), '200 done')
    const halfway = browserOn(twin)
    await halfway.post('/auth/sign-in', { email, password })
    await code(ada.totp)
    assert.equal(await cookies()['__Host-pending'].send(halfway.cookies.get('__Host-pending') ?? ''), '200 done')

    const server = twin.backends[0]?.servers[0]
    assert.ok(server !== undefined)
    const client = testClient(server, twin.origins[0], async () => null)
    const away = await leave(client, '/auth/openid/double/start')
    const newcomer = { sub: 'somebody', email: 'somebody@stolen.example', email_verified: true }
    assert.equal((await comeBack(client, await visitDouble(away, newcomer), [away.cookie])).status, 303)

    const byName = new Map(doors().map((door) => [door.name, door]))
    for (const kind of Object.keys(OPENED_BY) as (keyof typeof OPENED_BY)[])
      for (const name of OPENED_BY[kind]) {
        const secret = await victims.fresh(kind)
        await noLimits()
        assert.match((await byName.get(name)?.send(secret)) ?? 'no door', /^(20[0124]|303)\b/, name)
      }
  })
})

suite('a backend that keeps a secret as it is', { timeout: 120_000 }, () => {
  test('is told by its columns, and by the doors that open', async () => {
    const twin = await start({
      item: 'authentication/strong-authentication',
      wraps: [
        (control) => {
          const strong = control as StrongAuthentication
          // As long as the column asks.
          return { ...strong, links: { ...strong.links, hash: (token: string) => Buffer.from(token, 'base64url') } }
        },
      ],
    })
    try {
      const { admin } = twin.database
      const { secrets, ada } = await makeVictims(host, twin)
      await admin.query('create schema later')
      await admin.query('create table later.kept (words jsonb)')
      const [session] = secrets.filter(({ kind }) => kind === 'a session')
      await admin.query('insert into later.kept values ($1)', [JSON.stringify({ of: [{ token: session?.text }] })])
      const dump = await readDump(admin)
      assert.deepEqual(secretsIn(dump, secrets), [
        'a link to change the address in holdfast.mail_link.token_hash',
        'a reset link in holdfast.mail_link.token_hash',
        'a session in later.kept.words',
        'a sign-in link in holdfast.mail_link.token_hash',
        'a sign-up link in holdfast.mail_link.token_hash',
        'a verification link in holdfast.mail_link.token_hash',
      ])
      const stored = candidatesOf(dump).filter(({ place }) => place === 'holdfast.mail_link.token_hash')
      const opened: string[] = []
      for (const door of tokenDoors(twin.surface, () => ada.browser))
        if (door.name.startsWith('GET ') && door.name !== NO_DOOR)
          opened.push(...(await breakIns(door, stored, () => admin.query('delete from holdfast.attempt'))))
      assert.deepEqual(
        [...new Set(opened)].sort(),
        ['/account/email', '/reset', '/sign-in/link', '/sign-up', '/verify'].map(
          (path) => `GET ${path}/:token with holdfast.mail_link.token_hash: 200`,
        ),
      )
    } finally {
      await twin.stop()
    }
  })

  test('is told where the secrets of apps are not sealed', async () => {
    const twin = await start({
      item: 'authentication/multi-factor',
      wraps: [
        (control) => ({
          ...(control as MultiFactor),
          seal: (secret: Buffer) => Buffer.concat([secret, Buffer.alloc(20)]),
          open: (sealed: Buffer) => Buffer.from(sealed.subarray(0, 20)),
        }),
      ],
    })
    try {
      const { secrets } = await makeVictims(host, twin)
      assert.deepEqual(secretsIn(await readDump(twin.database.admin), secrets), [
        'a TOTP secret in holdfast.totp.sealed_secret',
        'an offered TOTP secret in holdfast.totp.offered_secret',
      ])
    } finally {
      await twin.stop()
    }
  })
})

const fitsCookie = ({ text }: Candidate): boolean => /^[!#-+\--:<-[\]-~]{1,3000}$/.test(text)

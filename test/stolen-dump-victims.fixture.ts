import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningTwin } from '../src/backend/twin/twin.ts'
import type { TwinHost } from '../src/backend/twin/twin-host.ts'
import { unbase32 } from '../src/checklist/authentication/multi-factor/probe-totp.ts'
import type { TwinIdentity } from '../src/kernel/vantage.ts'
import { openDatabase } from '../src/platform/database/open-database.ts'
import type { HoldfastTables } from '../src/platform/database/tables.ts'
import { roleName } from '../src/platform/declaration/database-roles.ts'
import { base32, codeAt, stepOf } from '../src/platform/otp/totp.ts'
import { answerOf, type Browser, browserOn } from './in-memory-browser.fixture.ts'
import type { RealSecret } from './stolen-dump.fixture.ts'

/** Links that are sent, by what they are for, with the path that their mails have. */
export const LINKS = {
  'a sign-up link': /\/sign-up\/([\w-]{43})/,
  'a verification link': /\/verify\/([\w-]{43})/,
  'a link to change the address': /\/account\/email\/([\w-]{43})/,
  'a reset link': /\/reset\/([\w-]{43})/,
  'a sign-in link': /\/sign-in\/link\/([\w-]{43})/,
} as const

/** People with every kind of secret that there is. */
export interface Victims {
  /** Has an app, recovery codes, another app that she has not confirmed yet, and a sign-in under way in another browser. */
  readonly ada: {
    readonly who: TwinIdentity
    readonly browser: Browser
    readonly pending: Browser
    readonly totp: Buffer
  }
  /** Has a password and a device that he signed in from. */
  readonly bob: { readonly who: TwinIdentity; readonly browser: Browser }
  /** Has an app too. */
  readonly eve: { readonly who: TwinIdentity; readonly pending: Browser; readonly totp: Buffer }
  /** What they were given, so that it can be looked for. */
  readonly secrets: readonly RealSecret[]
  readonly recoveryCodes: readonly string[]
  /** One more of a kind, as it comes by mail, on a page or from the operator. What the same person was given before may be void. */
  fresh(kind: keyof typeof LINKS | 'an invitation' | 'an enrolment link' | 'a ticket'): Promise<string>
  /** The code of an app at this moment, where none of this step or a later one was used. */
  code(totp: Buffer): Promise<string>
}

export async function makeVictims(host: TwinHost, twin: RunningTwin): Promise<Victims> {
  const { admin } = twin.database
  const person = (name: string): TwinIdentity => {
    const found = twin.identities.find((identity) => identity.name === name)
    assert.ok(found !== undefined, name)
    return found
  }
  const [adaIs, bobIs, eveIs] = [person('member-a1'), person('member-a2'), person('member-b1')]
  const signIn = async ({ email, password }: TwinIdentity, next: string): Promise<Browser> => {
    const browser = browserOn(twin)
    assert.equal(answerOf(await browser.post('/auth/sign-in', { email, password })), `200 ${next}`)
    return browser
  }

  const link = async (kind: keyof typeof LINKS): Promise<string> => {
    const fresh = `${randomBytes(6).toString('hex')}@stolen.example`
    const seen = twin.mails.length
    const asked = {
      'a sign-up link': () => browserOn(twin).post('/auth/sign-up', { email: fresh }),
      'a verification link': () => ada.post('/auth/verify/send'),
      'a link to change the address': () => ada.post('/auth/email', { email: fresh }),
      'a reset link': () => browserOn(twin).post('/auth/reset', { email: bobIs.email }),
      'a sign-in link': () => browserOn(twin).post('/auth/sign-in-link', { email: bobIs.email }),
    }[kind]
    // Each address gets few; how many is not what this is about.
    await admin.query('delete from holdfast.attempt')
    assert.equal(answerOf(await asked()), '202 mail', kind)
    for (let tries = 0; tries < 250; tries++) {
      const token = twin.mails.slice(seen).flatMap(({ text }) => LINKS[kind].exec(text)?.[1] ?? [])[0]
      if (token !== undefined) return token
      await sleep(20)
    }
    throw new Error(`${kind} did not come`)
  }

  const code = async (totp: Buffer): Promise<string> => {
    // Each step's code is good once; which were used is not what this is about.
    await admin.query('update holdfast.totp set last_step = 0')
    return codeAt(totp, stepOf(twin.clock.now()))
  }
  const addApp = async (browser: Browser): Promise<{ readonly totp: Buffer; readonly codes: readonly string[] }> => {
    const { body } = await browser.post('/auth/factors/totp')
    const totp = unbase32(String(body.secret))
    const confirmed = await browser.post('/auth/factors/totp/confirm', { code: await code(totp) })
    return { totp, codes: confirmed.body.recoveryCodes as readonly string[] }
  }

  const ada = await signIn(adaIs, 'done')
  const { totp, codes } = await addApp(ada)
  const offered = String((await ada.post('/auth/factors/totp')).body.secret)
  const eve = await signIn(eveIs, 'done')
  const eves = await addApp(eve)
  // Nobody asks for hers: as many again of the same would only take longer.
  await admin.query('delete from holdfast.recovery_code where account_id = $1', [eveIs.accountId])
  const bob = await signIn(bobIs, 'done')

  const cleo = browserOn(twin)
  const made = await cleo.post('/auth/sign-up/complete', {
    token: await link('a sign-up link'),
    name: 'Cleo',
    password: PASSWORD,
  })
  assert.equal(answerOf(made), '201 done')
  const invitation = async (): Promise<string> => String((await cleo.post('/tenant/invitations')).body.token)

  const enrolment = async (): Promise<string> => {
    // There is such a link only while nobody owns the backend.
    await admin.query("delete from holdfast.account_role where role = 'owner'")
    const role = roleName(host.definition, 'accounts')
    const accounts = await openDatabase<HoldfastTables>({
      connection: host.cluster.connection(twin.databaseName, role, host.passwords.accounts),
      application: 'test',
      lanes: 1,
      transactions: 1,
    })
    const opened = await twin.backends[0]?.controls['server/secure-configuration']
      .openEnrolment({ accounts, random: randomBytes, clock: twin.clock })
      .finally(() => accounts.close())
    return opened?.release() ?? ''
  }

  const ticket = async (): Promise<string> =>
    /ticket=([\w-]{43})/.exec((await ada.get('/account/openid/double')).text)?.[1] ?? ''
  const away = browserOn(twin)
  const { headers } = await away.get('/auth/openid/double/start')
  const pending = { ada: await signIn(adaIs, 'second-factor'), eve: await signIn(eveIs, 'second-factor') }

  const secrets: RealSecret[] = []
  const add = (kind: string, text: string | undefined | null, bytes?: Buffer): void => {
    assert.ok(text, kind)
    secrets.push({ kind, text, ...(bytes === undefined ? {} : { bytes }) })
  }
  for (const kind of Object.keys(LINKS) as (keyof typeof LINKS)[]) add(kind, await link(kind))
  const invited = await invitation()
  await browserOn(twin).post('/auth/sign-up', { email: 'invited@stolen.example', invitation: invited })
  add('an invitation', invited)
  add('an enrolment link', await enrolment())
  add('a session', ada.cookies.get('__Host-session'))
  add('a device token', bob.cookies.get('__Host-device'))
  add('a pending sign-in', pending.ada.cookies.get('__Host-pending'))
  add('a sign-in elsewhere', away.cookies.get('__Host-openid'))
  add('the state of a sign-in elsewhere', URL.parse(headers.location ?? '')?.searchParams.get('state'))
  add('a ticket', await ticket())
  add('a TOTP secret', base32(totp), totp)
  add('an offered TOTP secret', offered, unbase32(offered))
  for (const one of codes) add('a recovery code', one, bytesOf(one))
  add('a password', adaIs.password)
  add('a password', PASSWORD)
  return {
    ada: { who: adaIs, browser: ada, pending: pending.ada, totp },
    bob: { who: bobIs, browser: bob },
    eve: { who: eveIs, pending: pending.eve, totp: eves.totp },
    secrets,
    recoveryCodes: codes,
    async fresh(kind) {
      if (kind === 'an invitation') return invitation()
      if (kind === 'an enrolment link') return enrolment()
      return kind === 'a ticket' ? ticket() : link(kind)
    },
    code,
  }
}

/** What a recovery code spells: five bits a character. */
function bytesOf(code: string): Buffer {
  const bits = [...code.replaceAll('-', '')].reduce(
    (sum, character) => sum * 32n + BigInt(CROCKFORD.indexOf(character)),
    0n,
  )
  return Buffer.from(bits.toString(16).padStart(20, '0'), 'hex')
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const PASSWORD = 'lantern gravel ostrich'

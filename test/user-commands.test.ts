import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { URI } from 'otpauth'
import {
  type Development,
  development,
  holdfast,
  NOTES,
  newAccount,
  post,
  temporaryDirectory,
  until,
} from './processes.fixture.ts'

suite('what an operator does about people', () => {
  const ends: (() => unknown)[] = []
  const t = { after: (end: () => unknown) => void ends.push(end) }
  let backend: Development
  let directory: string
  const owner = newAccount()
  const member = newAccount()
  before(async () => {
    directory = await temporaryDirectory(t)
    backend = await development(t, join(directory, 'state'))
    const link = (await backend.line(/\/enrol\//)).trim()
    const { name, email, password } = owner
    const reply = await fetch(`${backend.http}${new URL(link).pathname}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: backend.http, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name, email, password }).toString(),
    })
    assert.equal(reply.status, 303)
    await signUp()
  })
  after(async () => {
    for (const end of ends.toReversed()) await end()
  })

  /** By the mail in the outbox, as people do in development. */
  async function signUp(): Promise<void> {
    const { email, name, password } = member
    const asked = await fetch(`${backend.http}/auth/sign-up`, post(backend.http, { email }))
    assert.equal(asked.status, 202, await asked.text())
    let token: string | undefined
    await until('the mail is there', async () => {
      const shown = holdfast(t, ['outbox', '--json', '--state', backend.state])
      await shown.exited
      const mails: readonly { readonly to: string; readonly link: string | null }[] = JSON.parse(shown.lines.join('\n'))
      token = mails
        .find(({ to }) => to === email)
        ?.link?.split('/')
        .at(-1)
      return token !== undefined
    })
    const body = { token, name, password }
    const made = await fetch(`${backend.http}/auth/sign-up/complete`, post(backend.http, body))
    assert.equal(made.status, 201)
    const cookie = (made.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
    const written = await fetch(`${backend.http}/api/notes`, post(backend.http, { title: 'Of the member' }, { cookie }))
    assert.equal(written.status, 201)
  }

  const run = async (...args: readonly string[]) => {
    const done = holdfast(t, [...args, '--state', backend.state])
    const code = await done.exited
    return { code, out: done.lines.join('\n'), errors: done.errors.join('\n') }
  }

  test('explains why somebody may or may not', async () => {
    const { code, out } = await run('permissions', 'explain', member.email, 'GET /api/notes/:id', NOTES)
    assert.equal(code, 0, out)
    assert.match(out, /asks for note:read/)
    assert.match(out, /member grants note:read\./)
    assert.match(out, /rows whose owner they are or that was lent to them \(note_share\)/)
    assert.match(out, /\nAllowed\.$/)

    const json = await run('permissions', 'explain', member.email, 'get /admin/users', NOTES, '--json')
    assert.equal(json.code, 1)
    const { allowed, refusal, route } = JSON.parse(json.out)
    assert.deepEqual(
      { allowed, refusal, route },
      {
        allowed: false,
        refusal: 'permission-missing',
        route: 'GET /admin/users',
      },
    )
  })

  test('explains what a missing second factor has to do with it', async () => {
    const { code, out } = await run('permissions', 'explain', owner.email, 'GET /admin/users', NOTES)
    assert.equal(code, 1)
    assert.match(out, /They have none: they add one/)
    assert.match(out, /\nRefused: second-factor-required\.$/)
  })

  for (const [what, args, says] of [
    ['an address of nobody', ['nobody@example.test', 'GET /'], /nobody has an account/],
    ['what is no route', [owner.email, 'GET /nowhere/at/all'], /is no route/],
    ['half a command', [owner.email], /say what/],
  ] as const) {
    test(`explains nothing for ${what}`, async () => {
      const { code, errors } = await run('permissions', 'explain', ...args, ...(args.length > 1 ? [NOTES] : []))
      assert.equal(code, 3)
      assert.match(errors, says)
    })
  }

  suite('about somebody who lost every second factor', () => {
    const OWNER = 'user recover'.split(' ')
    let cookie = ''
    const call = (method: string, path: string, body?: unknown) =>
      fetch(backend.http + path, {
        method,
        headers: {
          origin: backend.http,
          cookie,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    const mailsTo = async (email: string): Promise<readonly string[]> => {
      const shown = holdfast(t, ['outbox', '--json', '--state', backend.state])
      await shown.exited
      const mails: readonly { readonly to: string; readonly text: string }[] = JSON.parse(shown.lines.join('\n'))
      return mails.filter(({ to }) => to === email).map(({ text }) => text.replace(/\s+/g, ' '))
    }
    const told = (email: string, pattern: RegExp) =>
      until(`the mail to ${email} is there`, async () => (await mailsTo(email)).some((text) => pattern.test(text)))

    test('does nothing where there is nothing to reset, and says what helps', async () => {
      const { code, errors } = await run(...OWNER, owner.email, NOTES)
      assert.equal(code, 1)
      assert.match(errors, /has no second factor to reset: .* at http.*\/reset$/)
      assert.match((await run(...OWNER, owner.email, NOTES, '--cancel')).errors, /no reset of .* is under way/)
      assert.match((await run(...OWNER, 'nobody@example.test', NOTES)).errors, /nobody has an account/)
      assert.match((await run(...OWNER)).errors, /needs an address/)
    })

    test('starts a reset that waits three days for an owner, and tells them', async () => {
      const signedIn = await fetch(
        `${backend.http}/auth/sign-in`,
        post(backend.http, { email: owner.email, password: owner.password }),
      )
      cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
      const { uri } = (await (await call('POST', '/auth/factors/totp')).json()) as { readonly uri: string }
      const app = URI.parse(uri)
      const confirmed = await call('POST', '/auth/factors/totp/confirm', { code: app.generate() })
      assert.equal(confirmed.status, 200)
      cookie = (confirmed.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''

      const { code, out } = await run(...OWNER, owner.email, NOTES)
      assert.equal(code, 0, out)
      assert.match(out, /will be removed on .* unless it is cancelled/)
      await told(owner.email, /asked to remove all second factors/)
      const { reset } = (await (await call('GET', '/auth/factors')).json()) as {
        readonly reset: { readonly effectiveAt: string }
      }
      const hours = (Date.parse(reset.effectiveAt) - Date.now()) / 3_600_000
      assert.ok(hours > 71.9 && hours <= 72, `${hours} hours`)
    })

    test('starts no second one', async () => {
      const { code, errors } = await run(...OWNER, owner.email, NOTES)
      assert.equal(code, 1)
      assert.match(errors, /under way already, and takes effect on/)
    })

    test('is cancelled here, and by the person', async () => {
      assert.equal((await run(...OWNER, owner.email, NOTES, '--cancel')).code, 0)
      await told(owner.email, /removal of all second factors was cancelled/)
      assert.equal((await run(...OWNER, owner.email, NOTES)).code, 0)
      assert.equal((await call('DELETE', '/auth/factors/reset')).status, 204)
      assert.equal((await run(...OWNER, owner.email, NOTES, '--cancel')).code, 1)
    })
  })

  test('exports what is kept about somebody, to a file for nobody else', async () => {
    const file = join(directory, 'member.json')
    assert.equal((await run('user', 'export', member.email, NOTES, '--out', file)).code, 0)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const { kept, tables } = JSON.parse(await readFile(file, 'utf8'))
    assert.equal(kept.account.email, member.email)
    assert.deepEqual(
      tables.note.rows.map((note: { readonly title: string }) => note.title),
      ['Of the member'],
    )
    assert.equal(tables.note.classification.secret, 'sensitive')
    assert.deepEqual(tables.note_tag.rows, [])
    const again = await run('user', 'export', member.email, NOTES, '--out', file)
    assert.equal(again.code, 3)
    assert.match(again.errors, /not there yet/)
  })

  test('erases somebody only when asked twice, and not the last owner', async () => {
    const asked = await run('user', 'erase', member.email, NOTES)
    assert.equal(asked.code, 1)
    assert.match(asked.errors, /note, note_share, note_tag/)
    assert.equal((await run('user', 'erase', member.email, NOTES, '--yes')).code, 0)
    const { code, errors } = await run('user', 'export', member.email, NOTES)
    assert.equal(code, 3)
    assert.match(errors, /nobody has an account/)
    const last = await run('user', 'erase', owner.email, NOTES, '--yes')
    assert.equal(last.code, 3)
    assert.match(last.errors, /last owner/)
  })
})

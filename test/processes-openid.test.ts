import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { startRealProvider } from '../src/platform/openid/provider.fixture.ts'
import { development, holdfast, NOTES, temporaryDirectory } from './processes.fixture.ts'

suite('the OpenID providers of a backend', () => {
  test('are read by the server process, which may read that file and no other, and lead to an account', async (t) => {
    const real = await startRealProvider()
    t.after(() => real.close())
    const state = await temporaryDirectory(t)
    const file = join(await temporaryDirectory(t), 'providers.json')
    const { clientSecret, ...settings } = real.settings
    await writeFile(file, JSON.stringify([{ ...settings, clientSecret: clientSecret.release() }]), { mode: 0o600 })
    const environment = { HOLDFAST_OPENID_PROVIDERS: file }
    const { http, errors } = await development(t, state, { environment })
    real.register([`${http}/auth/openid/real/callback`])

    const page = await (await fetch(`${http}/sign-in`)).text()
    assert.match(page, /Sign in with Real/)
    const start = await fetch(`${http}/auth/openid/real/start`, { redirect: 'manual' })
    assert.equal(start.status, 303)
    const who = { sub: 'ada', email: 'ada@example.test', email_verified: true, name: 'Ada' }
    const came = await real.visit(start.headers.get('location') ?? '', who)
    const cookie = start.headers.getSetCookie().map((one) => one.split(';')[0])
    const arrived = await fetch(came, { redirect: 'manual', headers: { cookie: cookie.join('; ') } })
    assert.equal(arrived.status, 303, await arrived.text())
    assert.ok(arrived.headers.getSetCookie().some((one) => one.startsWith('__Host-session=')))
    assert.deepEqual(errors, [])
  })

  test('refuse the start, in one line that quotes nothing, when their file is wrong or open to others', async (t) => {
    const state = await temporaryDirectory(t)
    const file = join(await temporaryDirectory(t), 'providers.json')
    const environment = { HOLDFAST_OPENID_PROVIDERS: file }
    const refusal = async (): Promise<string> => {
      const refused = holdfast(t, ['dev', NOTES, '--state', state], { environment })
      assert.equal(await refused.exited, 3)
      assert.equal(refused.errors.length, 1, refused.errors.join('\n'))
      return refused.errors[0] ?? ''
    }
    assert.match(await refusal(), /^HOLDFAST_OPENID_PROVIDERS: .*ENOENT/)
    await writeFile(file, '[{"clientSecret": "kept-to-ourselves-0123"}]', { mode: 0o600 })
    assert.match(await refusal(), /^HOLDFAST_OPENID_PROVIDERS: provider 1: id must be/)
    await chmod(file, 0o644)
    assert.match(await refusal(), /^HOLDFAST_OPENID_PROVIDERS: .*0600/)
  })
})

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type RunningTwin, startTwin } from '../../src/backend/twin/twin.ts'
import { openTwinHost, type TwinHost } from '../../src/backend/twin/twin-host.ts'
import { resolveConfiguration } from '../../src/checklist/server/secure-configuration/index.ts'
import { defineBackend } from '../../src/platform/declaration/index.ts'
import { type RealProvider, startRealProvider } from '../../src/platform/openid/provider.fixture.ts'
import { flaws } from './flaws.fixture.ts'
import { openBrowser, picture, submit, type Visitor, visit, wordsOf } from './visitor.fixture.ts'

const definition = defineBackend({
  name: 'doors',
  title: 'Doors',
  tables: [],
  permissions: {},
  roles: { member: [] },
  signUp: 'open',
  routes: () => {},
})

/** The provider is on 127.0.0.1 and the backend on localhost: two sites, so that cookies go as they do in the world. */
suite('a person whose account is at another service', () => {
  let browser: Browser
  let host: TwinHost
  let real: RealProvider
  let twin: RunningTwin
  let origin = ''

  before(async () => {
    ;[browser, host, real] = await Promise.all([
      openBrowser(),
      openTwinHost(definition, { identities: true }),
      startRealProvider(),
    ])
    const configuration = resolveConfiguration({ environment: {}, mode: 'dev' })
    twin = await startTwin(host, { configuration, nodes: 1, openid: [real.settings] })
    origin = twin.origins[0]
    real.register([`${origin}/auth/openid/real/callback`])
  })
  after(async () => {
    await browser.close()
    await twin.stop()
    await Promise.all([host.close(), real.close()])
  })

  /** Of the same page in a browser that lets axe in. */
  const flawsOf = async ({ page, context }: Visitor): Promise<readonly string[]> => {
    await using other = await visit(browser, { bypassCSP: true, storageState: await context.storageState() })
    await other.page.goto(page.url())
    return await flaws(other.page)
  }
  const signIn = async ({ page }: Visitor, next = '/account'): Promise<void> => {
    await page.goto(`${origin}/sign-in?next=${encodeURIComponent(next)}`)
    await page.getByRole('link', { name: 'Sign in with Real' }).click()
  }

  test('gets an account here by one click, and comes back signed in', async () => {
    await using visitor = await visit(browser)
    real.expect({ sub: 'ada', email: 'ada@example.test', email_verified: true, name: 'Ada' })
    await visitor.page.goto(`${origin}/sign-in`)
    await picture(visitor.page, 'openid-sign-in')
    await signIn(visitor)
    await visitor.page.waitForURL(`${origin}/account`)
    assert.match(await wordsOf(visitor.page), /Ada .*Sign-in with other services/)
    await visitor.page.goto(`${origin}/account/openid`)
    await picture(visitor.page, 'openid-account')
    assert.deepEqual(await flawsOf(visitor), [])
    await visitor.page.getByRole('button', { name: 'Remove Real' }).click()
    assert.match(await wordsOf(visitor.page), /Nothing else signs you in/)
    assert.deepEqual(visitor.alarms, [])
  })

  test('is told what to do where the address has an account, and adds the service there', async () => {
    await using visitor = await visit(browser)
    const { page } = visitor
    const member = host.identities.find(({ name }) => name === 'member-a1')
    assert.ok(member !== undefined)
    real.expect({ sub: 'member', email: member.email, email_verified: true })
    await signIn(visitor)
    assert.match(await wordsOf(page), /There is an account here with the address that Real gave/)
    await page.goto(`${origin}/sign-in?next=/account/openid`)
    await submit(page, { 'E-mail address': member.email, Password: member.password }, 'Sign in')
    await page.getByRole('link', { name: 'Add Real' }).click()
    await picture(page, 'openid-link')
    assert.deepEqual(await flawsOf(visitor), [])
    await page.getByRole('link', { name: 'Go to Real' }).click()
    await page.waitForURL(`${origin}/account/openid?done=linked`)
    assert.match(await wordsOf(page), /It is added/)

    await using again = await visit(browser)
    await signIn(again)
    await again.page.waitForURL(`${origin}/account`)
    assert.match(await wordsOf(again.page), new RegExp(member.email))
    assert.deepEqual([...visitor.alarms, ...again.alarms], [])
  })

  test('who has a second factor comes to its page, with the cookie that says whose it is', async () => {
    await using visitor = await visit(browser)
    const admin = host.identities.find(({ name }) => name === 'admin-a1')
    assert.ok(admin !== undefined)
    await twin.database.admin.query(
      "insert into holdfast.openid_identity (provider, subject, account_id, linked_at) values ('real', 'root', $1, now())",
      [admin.accountId],
    )
    real.expect({ sub: 'root' })
    await signIn(visitor)
    await visitor.page.waitForURL(`${origin}/sign-in/second-factor?next=%2Faccount`)
    assert.match(await wordsOf(visitor.page), /passkey/i)
    assert.deepEqual(visitor.alarms, [])
  })
})

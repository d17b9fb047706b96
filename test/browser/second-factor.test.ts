import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { type RunningNotes, startNotes } from './running-notes.fixture.ts'
import { type AppAndCodes, setUpApp } from './second-factor.fixture.ts'
import { openBrowser, picture, submit, visit, wordsOf } from './visitor.fixture.ts'

let notes: RunningNotes
let browser: Browser
before(async () => {
  notes = await startNotes()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await notes?.stop()
})

const ADA = { name: 'Ada Lovelace', email: 'ada@example.test', password: 'lantern gravel ostrich' }

suite('second factors in a browser', () => {
  let app: AppAndCodes

  test('are what the first owner is led to, and without them the role allows nothing', async () => {
    await using ada = await visit(browser, { javaScriptEnabled: false })
    const { page } = ada
    await page.goto(notes.http + notes.enrolment)
    await submit(page, { 'Your name': ADA.name, 'E-mail address': ADA.email, Password: ADA.password }, 'Become owner')
    await page.waitForURL(`${notes.http}/account/factors`)
    assert.match(await wordsOf(page), /Your role asks for a second factor/)
    await page.goto(`${notes.http}/`)
    await page.waitForURL(/\/account\/factors/)

    app = await setUpApp(page, notes.http, (name) => picture(page, name))
    assert.equal(new Set(app.recoveryCodes).size, 10)
    assert.match(await wordsOf(page), /Your authenticator app is set up/)
    await page.goto(`${notes.http}/`)
    assert.match(await wordsOf(page), /Nothing here yet/)
    assert.deepEqual(ada.alarms, [])
  })

  test('are asked for at sign-in, without script, and lead on to where somebody was going', async () => {
    await using ada = await visit(browser, { javaScriptEnabled: false })
    const { page } = ada
    await page.goto(`${notes.http}/account`)
    await submit(page, { 'E-mail address': ADA.email, Password: ADA.password }, 'Sign in')
    await page.waitForURL(/\/sign-in\/second-factor\?next=%2Faccount$/)
    await picture(page, 'second-step')
    await submit(page, { Code: '000000' }, 'Sign in')
    assert.match(await wordsOf(page), /The code is wrong or was used/)
    await submit(page, { Code: app.code(1) }, 'Sign in')
    await page.waitForURL(`${notes.http}/account`)
    const cookies = await ada.context.cookies()
    assert.deepEqual(
      cookies.map(({ name }) => name).filter((name) => name === '__Host-pending'),
      [],
    )
    assert.deepEqual(ada.alarms, [])
  })

  test('may be a recovery code, once', async () => {
    const code = app.recoveryCodes.pop() ?? ''
    for (const outcome of [/Nothing here yet/, /The code is wrong or was used/]) {
      await using ada = await visit(browser)
      await ada.page.goto(`${notes.http}/sign-in`)
      await submit(ada.page, { 'E-mail address': ADA.email, Password: ADA.password }, 'Sign in')
      await submit(ada.page, { Code: code.toLowerCase() }, 'Sign in')
      await ada.page.waitForLoadState()
      assert.match(await wordsOf(ada.page), outcome)
    }
  })

  test('have pages in which nothing serious stands in the way of anybody', async () => {
    await using ada = await visit(browser, { bypassCSP: true })
    const { page } = ada
    await page.goto(`${notes.http}/sign-in`)
    await submit(page, { 'E-mail address': ADA.email, Password: ADA.password }, 'Sign in')
    await page.waitForURL(/second-factor/)
    assert.deepEqual(await flaws(page), [])
    await submit(page, { Code: app.recoveryCodes.pop() ?? '' }, 'Sign in')
    await page.waitForURL(`${notes.http}/`)
    for (const path of ['/account/factors', '/account/factors/totp', '/account/factors/recovery-codes', '/confirm']) {
      await page.goto(notes.http + path)
      assert.deepEqual(await flaws(page), [], path)
      await page.setViewportSize({ width: 390, height: 844 })
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      assert.ok(Number(overflow) <= 0, `${path} is wider than a phone`)
    }
  })
})

/** What axe finds to be serious or worse. */
async function flaws(page: Page): Promise<readonly string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.addScriptTag({ content: source })
  const found = (await page.evaluate('axe.run()')) as {
    readonly violations: readonly { readonly id: string; readonly impact: string; readonly help: string }[]
  }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help }) => `${id}: ${help}`)
}

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { flaws } from './flaws.fixture.ts'
import { type RunningNotes, startNotes } from './running-notes.fixture.ts'
import { addAuthenticator, SECURITY_KEYS } from './virtual-authenticator.fixture.ts'
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

const PASSWORD = 'velvet orbit cactus'

suite('security keys in a browser', () => {
  for (const [kind, options] of Object.entries(SECURITY_KEYS)) {
    test(`are a second factor after the password, and no more: ${kind}`, async () => {
      const email = `${options.protocol}@example.test`
      await using visitor = await visit(browser)
      const { page } = visitor
      const key = await addAuthenticator(page, options)
      await signUp(page, email)
      await page.goto(`${notes.http}/account/passkeys`)
      await page.getByRole('link', { name: 'Add a security key' }).click()
      await picture(page, 'security-key-new')
      await submit(page, { Name: 'Ring' }, 'Continue')
      await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
      await printed(page, 'security-key-codes')
      await page.getByRole('link', { name: 'I have kept them' }).click()
      assert.match(await wordsOf(page), /The security key is yours.*Ring security key/)
      await picture(page, 'security-key-list')
      assert.equal(await key.count(), 1)

      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await page.locator('[role=alert]:not([hidden])').waitFor()
      await submit(page, { 'E-mail address': email, Password: PASSWORD }, 'Sign in')
      await page.waitForURL(/\/sign-in\/second-factor/)
      await picture(page, 'security-key-second')
      await page.getByRole('button', { name: 'Use a passkey or security key' }).click()
      await page.waitForURL(`${notes.http}/`)

      await page.goto(`${notes.http}/confirm?next=%2Faccount%2Fpasskeys`)
      await page.getByRole('button', { name: 'Confirm with a passkey or key' }).click()
      assert.match(await alertOf(page), /Type your password below first/)
      await picture(page, 'security-key-confirm')
      await page.getByLabel('Password').fill(`${PASSWORD}x`)
      await page.getByRole('button', { name: 'Confirm with a passkey or key' }).click()
      await page.getByText('The password is wrong.').waitFor()
      await page.getByLabel('Password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Confirm with a passkey or key' }).click()
      await page.waitForURL(`${notes.http}/account/passkeys`)
      assert.deepEqual(visitor.alarms, [])
    })
  }

  test('have a page in which nothing serious stands in the way of anybody', async () => {
    await using visitor = await visit(browser, { bypassCSP: true })
    await signUp(visitor.page, 'axe@example.test')
    for (const path of ['/account/passkeys', '/account/passkeys/new?kind=security-key']) {
      await visitor.page.goto(notes.http + path)
      assert.deepEqual(await flaws(visitor.page), [], path)
      await visitor.page.setViewportSize({ width: 390, height: 844 })
      const overflow = await visitor.page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      assert.ok(Number(overflow) <= 0, `${path} is wider than a phone`)
    }
  })
})

/** The codes on paper: all of them, and nothing around them. */
async function printed(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ media: 'print' })
  for (const around of ['.bar nav', '.who', '.foot', '.skip', '.no-print'])
    assert.equal(await page.locator(around).first().isVisible(), false, `${around} is printed`)
  assert.ok(await page.locator('.brand').isVisible(), 'the paper says what the codes are for')
  const codes = page.locator('.codes code')
  assert.equal(await codes.count(), 10)
  for (const code of await codes.all()) assert.ok(await code.isVisible())
  const directory = process.env.HOLDFAST_SCREENSHOTS
  if (directory) await page.screenshot({ path: join(directory, `${name}-print.png`), fullPage: true })
  await page.emulateMedia({ media: 'screen' })
}

const alertOf = async (page: Page): Promise<string> => {
  const alert = page.locator('[role=alert]:not([hidden])').first()
  await alert.waitFor()
  return (await alert.textContent()) ?? ''
}

/** By the mail in the outbox, as people do in development. */
async function signUp(page: Page, email: string): Promise<void> {
  await page.goto(`${notes.http}/sign-up`)
  await submit(page, { 'E-mail address': email }, 'Send me the link')
  await page.waitForURL(/look-into-your-mail/)
  let path: string | undefined
  for (let tries = 0; tries < 100 && path === undefined; tries++) {
    await page.goto(`${notes.http}/dev/outbox`)
    const shown = await page.content()
    path = shown.includes(email) ? /\/sign-up\/[\w-]{43}/.exec(shown)?.[0] : undefined
    if (path === undefined) await page.waitForTimeout(100)
  }
  await page.goto(notes.http + (path ?? assert.fail('no link came')))
  await submit(page, { 'Your name': 'Grace Hopper', Password: PASSWORD }, 'Make account')
  await page.waitForURL(`${notes.http}/`)
}

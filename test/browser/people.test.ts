import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { flaws } from './flaws.fixture.ts'
import { type RunningNotes, startNotes } from './running-notes.fixture.ts'
import { type AppAndCodes, setUpApp } from './second-factor.fixture.ts'
import { openBrowser, picture, submit, type Visitor, visit, wordsOf } from './visitor.fixture.ts'

let notes: RunningNotes
let browser: Browser
let ada: Visitor
let grace: Visitor
let gracesApp: AppAndCodes
before(async () => {
  notes = await startNotes()
  browser = await openBrowser()
  ada = await visit(browser, { javaScriptEnabled: false })
  grace = await visit(browser, { javaScriptEnabled: false })
})
after(async () => {
  await browser?.close()
  await notes?.stop()
})

const ADA = { name: 'Ada Lovelace', email: 'ada@example.test', password: 'lantern gravel ostrich' }
const GRACE = { name: 'Grace Hopper', email: 'grace@example.test', password: 'velvet orbit cactus' }
const PEOPLE = '/admin/people'

suite('the pages about people in a browser', () => {
  test('are for who looks after them, and nobody else finds the way', async () => {
    const { page } = ada
    await page.goto(notes.http + notes.enrolment)
    await submit(page, { 'Your name': ADA.name, 'E-mail address': ADA.email, Password: ADA.password }, 'Become owner')
    await page.waitForURL(`${notes.http}/account/factors`)
    await setUpApp(page, notes.http)
    await signUp(grace.page)
    gracesApp = await setUpApp(grace.page, notes.http)
    await grace.page.goto(`${notes.http}/account`)
    assert.equal(await grace.page.getByRole('heading', { name: 'People' }).count(), 0)
    assert.equal((await grace.page.goto(notes.http + PEOPLE))?.status(), 403)

    await page.goto(`${notes.http}/account`)
    await page.getByRole('region', { name: 'People' }).getByRole('link', { name: 'Look at them' }).click()
    assert.match(await wordsOf(page), /Ada Lovelace.*owner.*Grace Hopper/)
    await picture(page, 'people')
  })

  test('find somebody by a part of their address, which is no pattern', async () => {
    const { page } = ada
    await submit(page, { 'Address or name': 'HOPP' }, 'Find')
    assert.deepEqual(await names(page), [GRACE.name])
    await submit(page, { 'Address or name': '%' }, 'Find')
    assert.deepEqual(await names(page), [])
    assert.match(await wordsOf(page), /Nobody fits/)
    await page.getByRole('link', { name: 'Show all' }).click()
    assert.equal((await names(page)).length, 2)
  })

  test('start a reset of second factors, saying what comes of it, and cancel it', async () => {
    const { page } = ada
    await page.getByRole('link', { name: `Open ${GRACE.name}` }).click()
    assert.match(await wordsOf(page), /Authenticator app · 10 recovery codes left/)
    await picture(page, 'person')
    await submit(page, {}, 'Start a reset')
    assert.match(await wordsOf(page), /The reset is started.*All of them will be removed on/)
    await picture(page, 'person-reset')
    await page.goto(notes.http + PEOPLE)
    assert.match(await wordsOf(page), /Resets of second factors under way.*Grace Hopper/)
    await picture(page, 'people-reset')
    await grace.page.goto(`${notes.http}/account/factors`)
    assert.match(await wordsOf(grace.page), /An administrator has asked to remove all your second factors/)

    await page
      .getByRole('region', { name: 'Resets' })
      .getByRole('link', { name: `Open ${GRACE.name}` })
      .click()
    await submit(page, {}, 'Cancel the reset')
    assert.match(await wordsOf(page), /The reset is cancelled/)
    await grace.page.reload()
    assert.doesNotMatch(await wordsOf(grace.page), /An administrator has asked/)
  })

  test('give and take roles, and say why not', async () => {
    const { page } = ada
    await page.getByLabel('Another role').selectOption('admin')
    await submit(page, {}, 'Give')
    assert.match(await wordsOf(page), /They have the role now.*admin/)
    await submit(page, {}, 'Take away the role admin')
    assert.match(await wordsOf(page), /They have the role no more/)
    await page.goto(notes.http + PEOPLE)
    await page.getByRole('link', { name: `Open ${ADA.name}` }).click()
    assert.match(await wordsOf(page), /This is your own account/)
    await submit(page, {}, 'Take away the role owner')
    assert.match(await wordsOf(page), /The last owner can not be removed\./)
    await picture(page, 'person-refused')
  })

  test('end sessions, send the mail for a new password, and put an account out of use and back', async () => {
    const { page } = ada
    await page.goto(notes.http + PEOPLE)
    await page.getByRole('link', { name: `Open ${GRACE.name}` }).click()
    await submit(page, {}, 'Send the mail')
    assert.match(await wordsOf(page), /The mail is on its way/)
    await submit(page, {}, 'End all sessions')
    assert.match(await wordsOf(page), /All their sessions have ended/)
    await grace.page.goto(`${notes.http}/account`)
    await grace.page.waitForURL(/\/sign-in/)
    await submit(page, {}, 'Put it out of use')
    assert.match(await wordsOf(page), /The account is out of use/)
    await submit(grace.page, { 'E-mail address': GRACE.email, Password: GRACE.password }, 'Sign in')
    assert.match(await wordsOf(grace.page), /The address or the password is wrong/)
    await submit(page, {}, 'Put it back into use')
    assert.match(await wordsOf(page), /The account is in use again/)
    await submit(grace.page, { 'E-mail address': GRACE.email, Password: GRACE.password }, 'Sign in')
    await submit(grace.page, { Code: gracesApp.code(1) }, 'Sign in')
    await grace.page.waitForURL(/\/account$/)
    assert.deepEqual([...ada.alarms, ...grace.alarms], [])
  })

  test('have nothing serious in them that stands in the way of anybody, and fit a phone', async () => {
    await using other = await visit(browser, { bypassCSP: true })
    const { page } = other
    await other.context.addCookies(await ada.context.cookies())
    await page.goto(notes.http + PEOPLE)
    const link = await page.getByRole('link', { name: `Open ${GRACE.name}` }).getAttribute('href')
    for (const path of [PEOPLE, link ?? '']) {
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

/** Those of the list. */
const names = (page: Page): Promise<string[]> => page.locator('.list strong').allInnerTexts()

async function signUp(page: Page): Promise<void> {
  await page.goto(`${notes.http}/sign-up`)
  await submit(page, { 'E-mail address': GRACE.email }, 'Send me the link')
  const link = page.locator('a[href*="/sign-up/"]').first()
  for (let tries = 0; tries < 100; tries++) {
    await page.goto(`${notes.http}/dev/outbox`)
    if ((await link.count()) > 0) break
    await page.waitForTimeout(100)
  }
  await page.goto((await link.getAttribute('href')) ?? '')
  await submit(page, { 'Your name': GRACE.name, Password: GRACE.password }, 'Make account')
  await page.waitForURL(`${notes.http}/`)
}

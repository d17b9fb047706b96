import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { flaws } from './flaws.fixture.ts'
import { type RunningNotes, startNotes } from './running-notes.fixture.ts'
import { addAuthenticator, type VirtualAuthenticator } from './virtual-authenticator.fixture.ts'
import { openBrowser, picture, submit, type Visitor, visit, wordsOf } from './visitor.fixture.ts'

let notes: RunningNotes
let browser: Browser
let ada: Visitor
let device: VirtualAuthenticator
let phone: Visitor
let phoneKey: VirtualAuthenticator
before(async () => {
  notes = await startNotes()
  browser = await openBrowser()
  ada = await visit(browser)
  device = await addAuthenticator(ada.page)
  phone = await visit(browser)
  phoneKey = await addAuthenticator(phone.page)
})
after(async () => {
  await browser?.close()
  await notes?.stop()
})

const ADA = { name: 'Ada Lovelace', email: 'ada@example.test', password: 'lantern gravel ostrich' }
const PASSKEYS = '/account/passkeys'

suite('passkeys in a browser', () => {
  test('are made by name, and the first one comes with recovery codes', async () => {
    const { page } = ada
    await page.goto(notes.http + notes.enrolment)
    await submit(page, { 'Your name': ADA.name, 'E-mail address': ADA.email, Password: ADA.password }, 'Become owner')
    await page.waitForURL(`${notes.http}/account/factors`)
    await page.goto(notes.http + PASSKEYS)
    await picture(page, 'passkeys-none')
    await page.getByRole('link', { name: 'Add a passkey' }).click()
    await picture(page, 'passkeys-new')
    await submit(page, { Name: 'Laptop' }, 'Continue')
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await picture(page, 'passkeys-codes')
    assert.equal(new Set(await page.locator('.codes code').allInnerTexts()).size, 10)
    await page.getByRole('link', { name: 'I have kept them' }).click()
    await page.waitForURL(/done=added/)
    assert.match(await wordsOf(page), /The passkey is yours.*Laptop/)
    await picture(page, 'passkeys-one')
    assert.equal(await device.count(), 1)
    await page.goto(`${notes.http}/`)
    assert.match(await wordsOf(page), /Nothing here yet/, 'the role is of effect at once')
  })

  test('are not made twice on one device, and the page says so', async () => {
    const { page } = ada
    await page.goto(`${notes.http}${PASSKEYS}/new`)
    await submit(page, { Name: 'Laptop again' }, 'Continue')
    assert.match(await alertOf(page), /has a passkey for your account already/)
  })

  test('sign in from the field for the address, with nothing typed', async () => {
    const { page } = ada
    await signOut(page)
    await page.goto(`${notes.http}/sign-in`)
    await page.waitForURL(`${notes.http}/`)
    assert.match(await wordsOf(page), /Nothing here yet/)
  })

  test('sign in by the button, and lead on to where somebody was going', async () => {
    const { page } = ada
    await signOut(page)
    await device.recognises(false)
    await page.goto(`${notes.http}/account`)
    await page.waitForURL(/\/sign-in\?next=%2Faccount$/)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
    await picture(page, 'passkeys-sign-in')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    assert.match(await alertOf(page), /Nothing happened: the passkey was not used/)
    await picture(page, 'passkeys-cancelled')
    await device.recognises(true)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL(`${notes.http}/account`)
  })

  test('are the second step of a sign-in by password', async () => {
    const { page } = ada
    await signOut(page)
    await device.recognises(false) // or it would sign in by itself
    await page.goto(`${notes.http}/sign-in`)
    await submit(page, { 'E-mail address': ADA.email, Password: ADA.password }, 'Sign in')
    await page.waitForURL(/\/sign-in\/second-factor/)
    await device.recognises(true)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL(`${notes.http}/`)
  })

  test('confirm who somebody is', async () => {
    const { page } = ada
    await page.goto(`${notes.http}/confirm?next=%2Faccount%2Fpasskeys`)
    await picture(page, 'passkeys-confirm')
    await page.getByRole('button', { name: 'Confirm with a passkey' }).click()
    await page.waitForURL(notes.http + PASSKEYS)
  })

  test('say what is wrong where the page was opened at another address', async () => {
    await using other = await visit(browser)
    const elsewhere = await addAuthenticator(other.page)
    await device.copyTo(elsewhere)
    await elsewhere.recognises(false)
    const { port } = new URL(notes.http)
    await other.page.goto(`http://127.0.0.1:${port}/sign-in`)
    await other.page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    assert.match(await alertOf(other.page), /Passkeys belong to the address this service has/)
    assert.equal(
      await other.page.getByRole('button', { name: 'Sign in', exact: true }).count(),
      1,
      'a password still does',
    )
  })

  test('leave the form for passwords as it is, where no script runs', async () => {
    await using plain = await visit(browser, { javaScriptEnabled: false })
    await plain.page.goto(`${notes.http}/sign-in`)
    assert.equal(await plain.page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0)
    await submit(plain.page, { 'E-mail address': ADA.email, Password: ADA.password }, 'Sign in')
    await plain.page.waitForURL(/\/sign-in\/second-factor/)
  })

  test('are renamed, several, and removed; a removed one signs nobody in', async () => {
    const { page } = ada
    await page.goto(notes.http + PASSKEYS)
    await page.getByRole('link', { name: 'Change Laptop' }).click()
    await picture(page, 'passkeys-change')
    await submit(page, { Name: 'Desk' }, 'Keep name')
    assert.match(await wordsOf(page), /It has its new name.*Desk/)
    await page.getByRole('link', { name: 'Change Desk' }).click()
    await submit(page, {}, 'Remove')
    assert.match(await wordsOf(page), /Your role asks for a second factor/, 'the last one stays')

    // The passkey comes along, as by syncing, so that the phone can sign in; then it makes its own.
    await device.copyTo(phoneKey)
    await phone.page.goto(`${notes.http}/sign-in`)
    await phone.page.waitForURL(`${notes.http}/`)
    await phoneKey.forget()
    await addPasskey(phone.page, 'Phone')
    assert.match(await wordsOf(phone.page), /Desk added .* last used .* Phone added .* never used/)
    await picture(phone.page, 'passkeys-two')

    await phone.page.getByRole('link', { name: 'Change Desk' }).click()
    await submit(phone.page, {}, 'Remove')
    assert.match(await wordsOf(phone.page), /It is removed/)
    await signOut(page)
    await page.goto(`${notes.http}/sign-in`)
    assert.match(await alertOf(page), /The passkey was not accepted/)
    await picture(page, 'passkeys-refused')
    assert.deepEqual([...ada.alarms, ...phone.alarms], [])
  })

  test('have pages in which nothing serious stands in the way of anybody', async () => {
    await using other = await visit(browser, { bypassCSP: true })
    const { page } = other
    await page.goto(`${notes.http}/sign-in`)
    assert.deepEqual(await flaws(page), [], '/sign-in')
    await phoneKey.copyTo(await addAuthenticator(page))
    await page.goto(`${notes.http}/sign-in`)
    await page.waitForURL(`${notes.http}/`)
    await page.setViewportSize({ width: 390, height: 844 })
    for (const path of [PASSKEYS, `${PASSKEYS}/new`, '/confirm']) {
      await page.goto(notes.http + path)
      assert.deepEqual(await flaws(page), [], path)
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      assert.ok(Number(overflow) <= 0, `${path} is wider than a phone`)
    }
  })
})

async function addPasskey(page: Page, name: string): Promise<void> {
  await page.goto(`${notes.http}${PASSKEYS}/new`)
  await submit(page, { Name: name }, 'Continue')
  await page.waitForURL(/done=added/)
}

const alertOf = async (page: Page): Promise<string> => {
  const alert = page.locator('[data-passkey] [role=alert]')
  await alert.waitFor({ state: 'visible' })
  return (await alert.textContent()) ?? ''
}

/** Ends the session; the page that comes may sign in by itself, so it is left at once. */
async function signOut(page: Page): Promise<void> {
  await page.context().clearCookies()
  await page.goto('about:blank')
}

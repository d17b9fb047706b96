import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { flaws } from './flaws.fixture.ts'
import { type RunningNotes, startNotes } from './running-notes.fixture.ts'
import { openBrowser, picture, submit, type Visitor, visit, wordsOf } from './visitor.fixture.ts'

let notes: RunningNotes
let browser: Browser
/** Signed in before anybody tried many accounts. */
let known: Visitor
before(async () => {
  notes = await startNotes()
  browser = await openBrowser()
  known = await visit(browser, { javaScriptEnabled: false })
  await known.page.goto(notes.http + notes.enrolment)
  const { name, email, password } = ADA
  await submit(known.page, { 'Your name': name, 'E-mail address': email, Password: password }, 'Become owner')
  await known.page.waitForURL(`${notes.http}/account/factors`)
})
after(async () => {
  await browser?.close()
  await notes?.stop()
})

const ADA = { name: 'Ada Lovelace', email: 'ada@example.test', password: 'lantern gravel ostrich' }
const CREDENTIALS = { 'E-mail address': ADA.email, Password: ADA.password }

suite('a proof of work in a browser', () => {
  test('is not asked for while nobody tries many accounts, and nothing of it is seen', async () => {
    await using ada = await visit(browser)
    await listen(ada.page)
    await ada.page.goto(`${notes.http}/sign-in`)
    assert.equal(await ada.page.getByRole('progressbar').count(), 0)
    await submit(ada.page, CREDENTIALS, 'Sign in')
    await ada.page.waitForURL(`${notes.http}/account/factors*`)
    assert.deepEqual(await heard(ada.page), [])
    assert.deepEqual(await solutions(ada), [])
  })

  test('is asked for once many are tried', () => tryManyAccounts())

  test('is done by the page at sign-in, once for each try, and says so aloud', async () => {
    await using ada = await visit(browser)
    const { page } = ada
    await listen(page)
    await page.goto(`${notes.http}/sign-in?next=%2Faccount`)
    await submit(page, { ...CREDENTIALS, Password: 'gravel lantern nobody chose' }, 'Sign in')
    await page.getByRole('alert').waitFor()
    assert.match(await wordsOf(page), /address or the password is wrong/i)
    const [first] = await solutions(ada)
    assert.ok(first !== undefined, 'the work was done')
    await submit(page, { Password: ADA.password }, 'Sign in')
    await page.waitForURL(`${notes.http}/account`)
    const [second] = await solutions(ada)
    assert.notEqual(second, first)
    assert.deepEqual(await heard(page), [WORKING, DONE, WORKING, DONE])
    assert.deepEqual(ada.alarms, [])
  })

  for (const [what, path, button, email] of [
    ['an account', '/sign-up', 'Send me the link', 'new@example.test'],
    ['a new password', '/reset', 'Send me the link', ADA.email],
    ['a link to sign in with', '/sign-in/link', 'Send me the link', ADA.email],
  ] as const)
    test(`is done by the page where ${what} is asked for`, async () => {
      await using somebody = await visit(browser)
      const { page } = somebody
      await page.goto(notes.http + path)
      await submit(page, { 'E-mail address': email }, button)
      await page.waitForURL(/\/look-into-your-mail/)
      assert.equal((await solutions(somebody)).length, 1)
      assert.deepEqual(somebody.alarms, [])
    })

  test('is explained where no script runs, and not asked for from a browser that signed in before', async () => {
    await using plain = await visit(browser, { javaScriptEnabled: false })
    await plain.page.goto(`${notes.http}/sign-in`)
    await submit(plain.page, CREDENTIALS, 'Sign in')
    assert.match(
      await wordsOf(plain.page),
      /somebody is trying many accounts.*scripts do not run here.*wait and try again in about ten minutes/i,
    )
    await picture(plain.page, 'challenge-no-script')
    await plain.page.goto(`${notes.http}/reset`)
    await submit(plain.page, { 'E-mail address': ADA.email }, 'Send me the link')
    assert.match(await wordsOf(plain.page), /scripts do not run here/i)

    const { page, context } = known
    await context.clearCookies({ name: '__Host-session' })
    await page.goto(`${notes.http}/sign-in`)
    await submit(page, CREDENTIALS, 'Sign in')
    await page.waitForURL(`${notes.http}/account/factors*`)
    assert.deepEqual([...plain.alarms, ...known.alarms], [])
  })

  test('is not done by the page of a known browser, but for somebody else', async () => {
    await using desk = await visit(browser)
    const { page } = desk
    await desk.context.addCookies(await known.context.cookies())
    await desk.context.clearCookies({ name: '__Host-session' })
    await listen(page)
    await page.goto(`${notes.http}/sign-in`)
    await submit(page, CREDENTIALS, 'Sign in')
    await page.waitForURL(`${notes.http}/account/factors*`)
    assert.deepEqual(await heard(page), [])
    await desk.context.clearCookies({ name: '__Host-session' })
    await page.goto(`${notes.http}/reset`)
    const other = { 'E-mail address': 'grace@example.test' }
    await submit(page, other, 'Send me the link')
    await page.getByRole('alert').waitFor()
    await submit(page, {}, 'Send me the link')
    await page.waitForURL(/\/look-into-your-mail/)
    assert.deepEqual(await heard(page), [WORKING, DONE])
    assert.deepEqual(desk.alarms, [])
  })

  test('that can not be done leaves the form as it was, and the button to try once more', async () => {
    await using ada = await visit(browser)
    const { page } = ada
    await page.route('**/auth/challenge', (route) => route.fulfill({ json: task({ cost: 0 }) }))
    await page.goto(`${notes.http}/sign-in`)
    await submit(page, CREDENTIALS, 'Sign in')
    await page.getByRole('status').filter({ hasText: FAILED }).waitFor()
    assert.equal(await page.getByRole('progressbar').count(), 0)
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Sign in', 'the focus stays')
    await picture(page, 'challenge-failed')
    await page.unroute('**/auth/challenge')
    await submit(page, {}, 'Sign in')
    await page.waitForURL(`${notes.http}/account/factors*`)
    assert.deepEqual(ada.alarms, [])
  })

  test('that nobody can be asked for lets the form go, and its answer says what is wanted', async () => {
    await using ada = await visit(browser)
    await ada.page.route('**/auth/challenge', (route) => route.abort())
    await ada.page.goto(`${notes.http}/sign-in`)
    await submit(ada.page, CREDENTIALS, 'Sign in')
    await ada.page.getByRole('alert').waitFor()
    assert.match(await wordsOf(ada.page), /a short proof of work is asked for first/)
    await picture(ada.page, 'challenge-asked')
  })

  test('takes its time in sight and hearing of everybody, on a phone too', async () => {
    await using ada = await visit(browser, { bypassCSP: true })
    const { page } = ada
    await page.route('**/auth/challenge', (route) => route.fulfill({ json: task({ keyPrefix: '00000' }) }))
    for (const [path, fields, button] of [
      ['/sign-in', CREDENTIALS, 'Sign in'],
      ['/sign-up', { 'E-mail address': ADA.email }, 'Send me the link'],
    ] as const) {
      await page.goto(notes.http + path)
      assert.deepEqual(await flaws(page), [], path)
      await submit(page, fields, button)
      const bar = page.getByRole('progressbar', { name: 'Proof of work' })
      await bar.waitFor()
      await page.getByRole('status').filter({ hasText: WORKING }).waitFor()
      const begun = Number(await bar.evaluate('document.querySelector("progress").value'))
      assert.deepEqual(await flaws(page), [], `${path}, working`)
      await page.keyboard.press('Enter') // does nothing twice
      await page.waitForFunction('document.querySelector("progress").value > 0.004')
      assert.ok(begun < 0.9)
      await picture(page, `challenge-working${path.replaceAll('/', '-')}`)
      await page.setViewportSize({ width: 360, height: 740 })
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      assert.ok(Number(overflow) <= 0, `${path} is wider than a phone`)
    }
  })
})

const WORKING = 'One moment: somebody is trying many accounts here, so your browser does a short piece of work first.'
const DONE = 'Done. Going on.'
const FAILED = /could not do the work/

/** A hundred and ten accounts, once each, from a few addresses, as somebody does who has a list of passwords. */
async function tryManyAccounts(): Promise<void> {
  const tries = Array.from({ length: 110 }, (_, index) => index).values()
  const lane = async (): Promise<void> => {
    for (const index of tries) await trySignIn(`somebody-${index}@example.test`, `127.0.9.${1 + (index % 5)}`)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  for (let tries = 0; tries < 50; tries++) {
    const reply = await fetch(`${notes.http}/auth/challenge`)
    if (((await reply.json()) as { readonly asked: boolean }).asked) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('nobody was asked for a proof of work')
}

function trySignIn(email: string, localAddress: string): Promise<void> {
  const body = JSON.stringify({ email, password: 'gravel lantern nobody chose' })
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${notes.https}/auth/sign-in`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        localAddress,
        family: 4,
        agent: false,
        rejectUnauthorized: false,
      },
      (reply) => {
        reply.resume()
        reply.on('end', resolve)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** What the server would ask for, made other than it would. */
const task = (parameters: Readonly<Record<string, string | number>>) => ({
  asked: true,
  challenge: {
    parameters: {
      algorithm: 'PBKDF2/SHA-256',
      nonce: 'ab'.repeat(16),
      salt: 'cd'.repeat(16),
      cost: 2_000,
      keyLength: 32,
      keyPrefix: '00',
      expiresAt: 9_000_000_000,
      ...parameters,
    },
    signature: '0'.repeat(64),
  },
})

/** Solutions that the browser keeps, to be sent along. */
const solutions = async ({ context }: Visitor): Promise<readonly string[]> =>
  (await context.cookies()).filter(({ name }) => name === '__Host-challenge').map(({ value }) => value)

/** Notes from now on what a screen reader would read out, over all pages. */
const listen = (page: Page): Promise<unknown> =>
  page.addInitScript(`new MutationObserver((changes) => {
    for (const { target } of changes)
      if (target.nodeType === 1 && target.matches('.work > [role=status]') && target.textContent !== '')
        sessionStorage.heard = JSON.stringify([...JSON.parse(sessionStorage.heard ?? '[]'), target.textContent])
  }).observe(document, { subtree: true, childList: true })`)

const heard = async (page: Page): Promise<readonly string[]> =>
  JSON.parse(String(await page.evaluate('sessionStorage.heard ?? "[]"')))

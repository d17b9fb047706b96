import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { POLICY_TRIALS, type PolicyTrials } from './policy-trials.fixture.ts'
import { type RunningNotes, startNotes } from './running-notes.fixture.ts'
import { setUpApp } from './second-factor.fixture.ts'
import { openBrowser, picture, submit, type Visitor, visit, wordsOf } from './visitor.fixture.ts'

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
const GRACE = { name: 'Grace Hopper', email: 'grace@example.test', password: 'velvet orbit cactus' }
const MARY = { name: 'Mary Somerville', email: 'mary@example.test', password: 'pebble window thirteen' }
type Person = typeof ADA
/** Unused recovery codes of Ada, who is the owner. */
let ownersCodes: string[] = []

suite('the notes application in a browser', () => {
  let sharedNote = ''
  let privateNote = ''

  test('makes whoever opens the enrolment link its owner, once', async () => {
    await using other = await visit(browser)
    await other.page.goto(notes.http + notes.enrolment)
    await using ada = await visit(browser)
    await ada.page.goto(notes.http + notes.enrolment)
    await picture(ada.page, 'enrol')
    await submit(ada.page, { ...accountFields(ADA), Password: 'too short' }, 'Become owner')
    assert.match(await wordsOf(ada.page), /at least 15 characters/)
    assert.equal(
      await ada.page.getByLabel('Your name').inputValue(),
      ADA.name,
      'nothing but the password is typed anew',
    )

    await submit(ada.page, { Password: ADA.password }, 'Become owner')
    await ada.page.waitForURL(`${notes.http}/account/factors`)
    // An owner's role is of no effect without a second factor.
    ownersCodes = (await setUpApp(ada.page, notes.http)).recoveryCodes
    await ada.page.goto(`${notes.http}/`)
    assert.match(await wordsOf(ada.page), /Nothing here yet/)
    await picture(ada.page, 'notes-empty')

    await submit(other.page, accountFields({ ...ADA, email: 'other@example.test' }), 'Become owner')
    assert.match(await wordsOf(other.page), /This link is not valid/)
    const again = await other.page.goto(notes.http + notes.enrolment)
    assert.equal(again?.status(), 410)
    assert.match(await wordsOf(other.page), /This link is not valid/)
    assertCalm(ada, other)
  })

  test('lets a member in by invitation, who is lent a note and finds it', async () => {
    await using ada = await visit(browser)
    await signIn(ada.page, ADA)
    await using grace = await visit(browser)
    await joinByInvitation(grace.page, await invite(ada.page), GRACE)

    privateNote = await write(ada.page, { Title: 'Diary', Words: 'Nobody reads the quokka.' })
    sharedNote = await write(ada.page, {
      Title: 'How the boiler is bled',
      Words: 'First the kettle.\nThen the quokka.',
      'Tags (optional)': 'home, to do',
    })
    await picture(ada.page, 'note')
    await ada.page.getByRole('link', { name: 'Share with somebody' }).click()
    await picture(ada.page, 'share')
    await ada.page.getByLabel('With whom').selectOption(GRACE.name)
    await submit(ada.page, {}, 'Share')
    assert.match(await wordsOf(ada.page), /Grace Hopper may read it/)
    assert.deepEqual(await search(ada.page, 'quokka -kettle'), ['Diary'])

    assert.deepEqual(await search(grace.page, 'quokka'), ['How the boiler is bled'])
    await grace.page.getByRole('link', { name: 'to-do' }).click()
    assert.match(grace.page.url(), /\?tag=to-do$/)
    await grace.page.getByRole('link', { name: 'How the boiler is bled' }).click()
    assert.match(await wordsOf(grace.page), /First the kettle\. Then the quokka\..*From Ada Lovelace/)
    assert.equal(await grace.page.getByRole('link', { name: 'Change' }).count(), 0, 'what is lent for reading is read')
    assertCalm(ada, grace)
  })

  test('shows another member nothing of it', async () => {
    await using ada = await visit(browser)
    await signIn(ada.page, ADA)
    await using mary = await visit(browser)
    await joinByInvitation(mary.page, await invite(ada.page), MARY)
    assert.deepEqual(await search(mary.page, 'quokka'), [])
    for (const path of [privateNote, sharedNote, `${sharedNote}/edit`, `${sharedNote}/share`]) {
      const reply = await mary.page.goto(notes.http + path)
      assert.equal(reply?.status(), 404, path)
      assert.doesNotMatch(await mary.page.content(), /quokka|boiler|Diary/)
    }
    await picture(mary.page, 'nothing-here')

    await using grace = await visit(browser)
    await signIn(grace.page, GRACE)
    assert.equal((await grace.page.goto(notes.http + privateNote))?.status(), 404)
    assert.equal((await grace.page.goto(`${notes.http}${sharedNote}/edit`))?.status(), 404)

    await ada.page.goto(notes.http + sharedNote)
    await submit(ada.page, {}, 'Take back from Grace Hopper')
    assert.equal((await grace.page.goto(notes.http + sharedNote))?.status(), 404, 'taken back at once')
    assertCalm(ada, mary, grace)
  })

  test('ends a session elsewhere', async () => {
    await using desk = await visit(browser)
    await using phone = await visit(browser, { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604.1' })
    await signIn(desk.page, GRACE)
    await signIn(phone.page, GRACE)
    await phone.page.goto(`${notes.http}/notes/new`)

    await desk.page.goto(`${notes.http}/account`)
    await picture(desk.page, 'account')
    await submit(desk.page, {}, 'End the session of Safari on iPhone')
    assert.match(await wordsOf(desk.page), /That session has ended/)

    const reply = phone.page.waitForResponse((one) => one.request().method() === 'POST')
    await submit(phone.page, { Title: 'Too late' }, 'Keep note')
    assert.equal((await reply).status(), 401)
    await phone.page.goto(`${notes.http}/`)
    assert.equal(phone.page.url(), `${notes.http}/sign-in`)
    assert.deepEqual(await search(desk.page, 'late'), [], 'this one still stands')
    assertCalm(desk, phone)
  })

  test('runs nothing that people write', async () => {
    const payload = `"><script>window.ran=1</script><img src=x onerror="window.ran=1">'<svg onload=window.ran=1>{{7*7}}`
    await using mallory = await visit(browser)
    const page = mallory.page
    await page.goto(`${notes.https}/sign-up`)
    const person = { name: payload.slice(0, 60), email: 'mallory@example.test', password: 'copper thunder ladle' }
    await makeAccount(page, person)
    await page.waitForURL(`${notes.https}/`)
    const path = await write(page, {
      Title: payload,
      Words: `</textarea></pre>${payload}`,
      'Tags (optional)': `${payload}, javascript:alert(1)`,
      'Secret (optional)': payload,
    })
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), payload)
    await page.getByText('Show', { exact: true }).click()

    const inQuery = encodeURIComponent(payload)
    for (const place of [
      path,
      `${path}/edit`,
      `${path}/share`,
      '/',
      `/?search=${inQuery}`,
      `/?tag=${inQuery}`,
      `/sign-in?next=/${inQuery}`,
      '/account',
      `/${inQuery}`,
    ]) {
      await page.goto(notes.https + place)
      const made = `[typeof window.ran, document.querySelectorAll('script, img, [onerror], [onload]').length].join()`
      assert.equal(await page.evaluate(made), 'undefined,0', place)
    }
    assertCalm(mallory)
  })

  test('has pages in which no text becomes script or style, as the same trials without the policy do', async () => {
    await using guarded = await visit(browser)
    await guarded.page.goto(`${notes.https}/sign-in`)
    const stopped = (await guarded.page.evaluate(POLICY_TRIALS)) as PolicyTrials
    assert.deepEqual(stopped.ran, [])
    assert.equal(stopped.styled, false)
    for (const way of ['innerHTML', 'script from data', 'timer text', 'function from text', 'policy of its own'])
      assert.ok(stopped.thrown.includes(way), `${way} throws`)
    for (const directive of ['require-trusted-types-for', 'script-src-elem', 'style-src-elem', 'trusted-types'])
      assert.ok(stopped.violated.includes(directive), `${directive} is violated: ${stopped.violated.join(' ')}`)

    await using unguarded = await visit(browser, { bypassCSP: true })
    await unguarded.page.goto(`${notes.https}/sign-in`)
    const free = (await unguarded.page.evaluate(POLICY_TRIALS)) as PolicyTrials
    assert.equal(free.styled, true)
    for (const way of ['innerHTML', 'inline script', 'handler attribute', 'timer text', 'javascript link'])
      assert.ok(free.ran.includes(way), `${way} would run: ${free.ran.join(', ')}`)
  })

  test('takes no form from another site, and is shown in no frame', async () => {
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<form method="post" action="${notes.http}/account/sessions/end-others"><button>Win</button></form>
<iframe src="${notes.http}/sign-in"></iframe>`)
    }).listen(0, '127.0.0.1')
    await once(site, 'listening')
    try {
      await using desk = await visit(browser)
      await using phone = await visit(browser)
      await signIn(desk.page, GRACE)
      await signIn(phone.page, GRACE)
      const address = site.address()
      assert.ok(address !== null && typeof address === 'object')
      // The same site by the cookie's rules, another origin: the cookie is sent, the rule has to tell them apart.
      await phone.page.goto(`http://localhost:${address.port}/`)
      const framed = phone.page.frames().find((frame) => frame !== phone.page.mainFrame())
      assert.equal(await framed?.locator('form').count(), 0)
      const reply = phone.page.waitForResponse((one) => one.request().method() === 'POST')
      await phone.page.getByRole('button', { name: 'Win' }).click()
      const refused = await reply
      assert.match((await refused.request().allHeaders()).cookie ?? '', /=/, 'the browser sent the cookie along')
      assert.equal(refused.status(), 403)
      await desk.page.goto(`${notes.http}/account`)
      assert.equal(desk.page.url(), `${notes.http}/account`, 'the other session still stands')
    } finally {
      site.close()
      site.closeAllConnections()
    }
  })

  test('shows nothing of anybody after signing out, however far one goes back', async () => {
    await using ada = await visit(browser)
    await signIn(ada.page, ADA)
    for (const path of ['/', privateNote, '/account']) await ada.page.goto(notes.http + path)
    await submit(ada.page, {}, 'Sign out')
    assert.equal(ada.page.url(), `${notes.http}/sign-in`)
    assert.deepEqual(await ada.context.cookies(), [])
    for (let back = 0; back < 4; back++) {
      await ada.page.goBack()
      assert.doesNotMatch(await ada.page.content(), /Diary|quokka|Ada Lovelace|Sign out/)
    }
    assertCalm(ada)
  })

  test('keeps the session in a cookie that no script and no other host can have', async () => {
    await using ada = await visit(browser)
    await signIn(ada.page, ADA, notes.https)
    const cookies = await ada.context.cookies()
    // That of the known device stays beside it, and opens nothing.
    assert.deepEqual(cookies.map(({ name }) => name).sort(), ['__Host-device', '__Host-session'])
    const { httpOnly, secure, sameSite, path } = cookies.find(({ name }) => name === '__Host-session') ?? assert.fail()
    assert.deepEqual({ httpOnly, secure, sameSite, path }, { httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
    assert.equal(await ada.page.evaluate('document.cookie'), '')
  })

  test('fits a narrow phone, and gives every field a label and every page a heading', async () => {
    await using ada = await visit(browser, { viewport: { width: 360, height: 740 } })
    for (const path of ['/sign-in', '/sign-up', `/invitation/${'A'.repeat(43)}`, '/nothing-here']) await inspect(path)
    await signIn(ada.page, ADA)
    await write(ada.page, {
      Title: 'W'.repeat(200),
      Words: 'w'.repeat(400),
      'Tags (optional)': `${'tag'.repeat(13)}, b`,
    })
    for (const path of ['/', new URL(ada.page.url()).pathname, privateNote, `${privateNote}/share`, '/account'])
      await inspect(path)
    for (const path of ['/notes/new', '/confirm']) await inspect(path)

    async function inspect(path: string): Promise<void> {
      await ada.page.goto(notes.http + path)
      await picture(ada.page, `page${path.replace(/\/[\w-]{36,43}/, '/id').replaceAll('/', '-')}`)
      assert.deepEqual(
        await ada.page.evaluate(`({
          overflow: document.documentElement.scrollWidth > innerWidth,
          headings: document.querySelectorAll('h1').length,
          unlabelled: [...document.querySelectorAll('input:not([type=hidden], [hidden]), select, textarea')]
            .filter((field) => field.labels.length === 0).map((field) => field.name),
          unnamed: [...document.querySelectorAll('a, button')]
            .filter((one) => (one.getAttribute('aria-label') ?? one.textContent).trim() === '').length,
          described: [...document.querySelectorAll('[aria-describedby], [aria-labelledby]')]
            .flatMap((one) => (one.getAttribute('aria-describedby') ?? one.getAttribute('aria-labelledby')).split(' '))
            .filter((id) => document.getElementById(id) === null),
        })`),
        { overflow: false, headings: 1, unlabelled: [], unnamed: 0, described: [] },
        path,
      )
    }
  })
})

const accountFields = ({ name, email, password }: Person) => ({
  'Your name': name,
  'E-mail address': email,
  Password: password,
})

async function signIn(page: Page, { email, password }: Person, origin = notes.http): Promise<void> {
  await page.goto(`${origin}/sign-in`)
  await submit(page, { 'E-mail address': email, Password: password }, 'Sign in')
  if (email === ADA.email) {
    await page.waitForURL(`${origin}/sign-in/second-factor`)
    await submit(page, { Code: ownersCodes.pop() ?? '' }, 'Sign in')
  }
  await page.waitForURL(`${origin}/`)
}

/** The link that the account page shows once somebody was invited. */
async function invite(page: Page): Promise<string> {
  await page.goto(`${notes.http}/account`)
  await submit(page, {}, 'Invite somebody')
  return (await page.locator('.notice code').textContent()) ?? ''
}

/** From the page that asks for an address, by the link in the mail, to being signed in. */
async function makeAccount(page: Page, { name, email, password }: Person): Promise<void> {
  const { origin } = new URL(page.url())
  await submit(page, { 'E-mail address': email }, 'Send me the link')
  await page.waitForURL(/look-into-your-mail/)
  let path: string | undefined
  // Newest first; the worker brings it there in its own time.
  for (let tries = 0; tries < 50 && path === undefined; tries++) {
    await page.goto(`${origin}/dev/outbox`)
    const shown = await page.content()
    path = shown.includes(email) ? /\/sign-up\/[\w-]{43}/.exec(shown)?.[0] : undefined
    if (path === undefined) await page.waitForTimeout(100)
  }
  await page.goto(origin + (path ?? assert.fail('no link came')))
  await submit(page, { 'Your name': name, Password: password }, 'Make account')
}

async function joinByInvitation(page: Page, link: string, person: Person): Promise<void> {
  assert.ok(link.startsWith(`${notes.http}/invitation/`), link)
  await page.goto(link)
  await makeAccount(page, person)
  await page.waitForURL(`${notes.http}/`)
}

/** Writes a note and returns its path. */
async function write(page: Page, fields: Readonly<Record<string, string>>): Promise<string> {
  await page.getByRole('link', { name: 'Write', exact: true }).click()
  await submit(page, fields, 'Keep note')
  await page.waitForURL(/\/notes\/[0-9a-f-]{36}$/)
  return new URL(page.url()).pathname
}

/** The titles that a search shows. */
async function search(page: Page, words: string): Promise<string[]> {
  await page.goto(`${notes.http}/`)
  await submit(page, { Search: words }, 'Find')
  return page.locator('.list .title').allInnerTexts()
}

function assertCalm(...visitors: readonly Visitor[]): void {
  for (const { alarms } of visitors) assert.deepEqual(alarms, [])
}

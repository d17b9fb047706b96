import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** One person at one device: a browser profile of their own, and what happened in it that should not. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Script that ran or tried to, dialogs, uncaught errors, replies of 500 and above. Empty where all is well. */
  readonly alarms: string[]
}

export function openBrowser(): Promise<Browser> {
  const executablePath = CHROMIUMS.find((path) => existsSync(path))
  if (executablePath === undefined) throw new Error(`there is no Chromium at ${CHROMIUMS.join(' or ')}`)
  return chromium.launch({ executablePath, args: FLAGS })
}

export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const alarms: string[] = []
  page.on('dialog', (dialog) => {
    alarms.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => alarms.push(`uncaught: ${error.message}`))
  page.on('response', (reply) => {
    if (reply.status() >= 500) alarms.push(`${reply.status()} ${reply.url()}`)
  })
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) alarms.push(message.text())
  })
  return { page, context, alarms, [Symbol.asyncDispose]: () => context.close() }
}

/** Fills a form by the names of its fields, as labels say them, and presses its button. */
export async function submit(page: Page, fields: Readonly<Record<string, string>>, button: string): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value)
  await page.getByRole('button', { name: button, exact: true }).click()
}

/** The page's words as they are seen, with one space between them. */
export const wordsOf = async (page: Page): Promise<string> =>
  // biome-ignore lint/performance/useDomNodeTextContent: what is not rendered is not seen, and blocks are apart
  (await page.locator('main').innerText()).replace(/\s+/g, ' ').trim()

/** Four pictures of a page in the directory that HOLDFAST_SCREENSHOTS names; none where it names none. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env.HOLDFAST_SCREENSHOTS
  if (directory === undefined || directory === '') return
  const size = page.viewportSize() ?? DESKTOP
  for (const [device, viewport] of [['desktop', DESKTOP] as const, ['phone', PHONE] as const]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(directory, `${name}-${device}-${colorScheme}.png`), fullPage: true })
    }
  }
  await page.setViewportSize(size)
  await page.emulateMedia({ colorScheme: 'light' })
}

const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** Nothing leaves this machine; `--no-sandbox` since tests also run as root, where Chromium refuses its sandbox. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

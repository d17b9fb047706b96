import { createHmac } from 'node:crypto'
import type { Page } from 'playwright-core'
import { submit } from './visitor.fixture.ts'

/** What somebody has after setting an app up. */
export interface AppAndCodes {
  /** The code of the app a number of steps from now. */
  code(steps?: number): string
  /** Unused ones; take from its end. */
  readonly recoveryCodes: string[]
}

/** Sets an app up as a person does, from the page of second factors to the printed codes. */
export async function setUpApp(
  page: Page,
  origin: string,
  look = async (_name: string): Promise<void> => {},
): Promise<AppAndCodes> {
  await page.goto(`${origin}/account/factors`)
  await look('factors')
  await page.getByRole('link', { name: 'Authenticator app: Set up an app' }).click()
  await page.getByRole('button', { name: 'Set up an app' }).click()
  await page.getByRole('img', { name: /to scan/ }).waitFor()
  await look('factors-app')
  const secret = unbase32(((await page.locator('code.copy').textContent()) ?? '').replace(/\s/g, ''))
  const code = (steps = 0): string => codeOf(secret, Math.floor(Date.now() / 30_000) + steps)
  await submit(page, { Code: '000000' }, 'Confirm')
  await page.getByRole('alert').waitFor()
  await look('factors-wrong-code')
  await submit(page, { Code: code(-1) }, 'Confirm')
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  await look('factors-codes')
  const recoveryCodes = await page.locator('.codes code').allInnerTexts()
  await page.getByRole('link', { name: 'I have kept them' }).click()
  return { code, recoveryCodes }
}

/** @see RFC 6238, 4 */
function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  return String((mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function unbase32(text: string): Buffer {
  let bits = 0n
  for (const character of text) bits = (bits << 5n) | BigInt('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character))
  return Buffer.from(bits.toString(16).padStart(40, '0'), 'hex')
}

import { readFileSync } from 'node:fs'
import { answer, type BackendDefinition, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { STYLESHEET_PATH } from '../../platform/html/page.ts'
import type { Accounts } from '../accounts.ts'
import { builtIn, PUBLIC } from '../routes/route.ts'
import { accountPages } from './account-pages.ts'
import { addressPages } from './address-pages.ts'
import { CHALLENGE_SCRIPT_ROUTE } from './challenge-parts.ts'
import { factorPages } from './factor-pages.ts'
import { mailPages } from './mail-pages.ts'
import { newAccountPages } from './new-account-pages.ts'
import { openIdPages } from './openid-pages.ts'
import { secondStepPage } from './second-step-page.ts'
import type { Shell } from './shell.ts'
import { signPages } from './sign-pages.ts'

/** The built-in pages: they work without script. */
export function pageRoutes(
  accounts: Accounts,
  definition: BackendDefinition,
  shell: Shell,
): readonly RouteDefinition[] {
  return [
    ...signPages(accounts, definition, shell),
    ...secondStepPage(accounts, shell),
    ...factorPages(accounts, shell),
    ...newAccountPages(accounts, definition, shell),
    ...mailPages(accounts, shell),
    ...addressPages(accounts.addresses, shell),
    ...accountPages(accounts, shell),
    ...openIdPages(accounts.openid, shell),
    STYLESHEET_ROUTE,
    CHALLENGE_SCRIPT_ROUTE,
  ]
}

const STYLESHEET = readFileSync(new URL('../../platform/html/stylesheet.css', import.meta.url), 'utf8')
const STYLESHEET_ROUTE = builtIn({
  method: 'GET',
  path: STYLESHEET_PATH,
  access: PUBLIC,
  response: { 200: 'css' },
  examples: () => ({}),
  handler: () => answer(200, STYLESHEET, { 'cache-control': 'public, max-age=300' }), // seconds
})

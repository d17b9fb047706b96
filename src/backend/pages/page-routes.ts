import type { BackendDefinition, RouteDefinition } from '../../platform/declaration/definition.ts'
import type { Accounts } from '../accounts.ts'
import { accountPages } from './account-pages.ts'
import { shellOf } from './shell.ts'
import { signPages } from './sign-pages.ts'

/** The built-in pages: they work without script. */
export function pageRoutes(accounts: Accounts, definition: BackendDefinition): readonly RouteDefinition[] {
  const shell = shellOf(definition)
  return [...signPages(accounts, definition, shell), ...accountPages(accounts, shell)]
}

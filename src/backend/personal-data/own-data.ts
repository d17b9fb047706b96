import type { RouteDefinition } from '../../platform/declaration/definition.ts'
import type { Accounts } from '../accounts.ts'
import type { Controls } from '../controls.ts'
import { personalDataPages } from '../pages/personal-data-pages.ts'
import type { Shell } from '../pages/shell.ts'
import type { BackendParts } from '../parts.ts'
import { personalDataRoutes } from '../routes/personal-data-routes.ts'
import { PersonalData } from './personal-data.ts'
import { wholeExport, wholeExportSchema } from './whole-export.ts'

/** Taking one's data along and erasing one's account, as routes and as pages. */
export function ownDataRoutes(
  controls: Controls,
  parts: BackendParts,
  accounts: Accounts,
  shell: Shell,
): readonly RouteDefinition[] {
  const { definition } = parts
  const access = controls['authentication/access-control']
  const sessions = controls['authentication/session-management']
  const guessing = controls['authentication/enumeration-and-brute-force']
  const data = new PersonalData({ ...parts, access, guessing })
  const download = {
    schema: wholeExportSchema(definition),
    whole: (caller: Parameters<typeof wholeExport>[3]) => wholeExport(data, definition, access, caller),
  }
  return [...personalDataRoutes(data, sessions, download), ...personalDataPages(data, accounts, sessions, shell)]
}

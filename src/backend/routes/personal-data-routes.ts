import type { Sessions } from '../../checklist/authentication/session-management/index.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import type { TSchema } from '../../platform/declaration/index.ts'
import type { Member } from '../caller.ts'
import type { PersonalData } from '../personal-data/personal-data.ts'
import type { WholeExport } from '../personal-data/whole-export.ts'
import { builtIn, RECENTLY, signedInWith } from './route.ts'

/** Whoever has just taken over a session has neither the data nor the account. */
export const RECENT_FOR_DATA = signedInWith(RECENTLY)

/** What one keeps here, to take along; and the end of it. */
export function personalDataRoutes(
  data: PersonalData,
  sessions: Pick<Sessions, 'signOutHeaders' | 'forget'>,
  download: { readonly schema: TSchema; readonly whole: (caller: Member) => Promise<WholeExport> },
): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'GET',
      path: '/auth/account/export',
      access: RECENT_FOR_DATA,
      response: { 200: download.schema },
      examples: () => ({}),
      handler: async (context) =>
        answer(200, await download.whole(context), {
          'cache-control': 'no-store',
          'content-disposition': 'attachment; filename="my-data.json"',
        }),
    }),
    builtIn({
      method: 'DELETE',
      path: '/auth/account',
      access: RECENT_FOR_DATA,
      response: { 204: 'empty' },
      onlyRefusals: 'erases the account the matrix is using',
      handler: async (context) => {
        await eraseOwn(data, sessions, context)
        return answer(204, undefined, sessions.signOutHeaders())
      },
    }),
  ]
}

/** Erases the caller. This node believes no session of theirs from now on; the others are told by the database. */
export async function eraseOwn(data: PersonalData, sessions: Pick<Sessions, 'forget'>, caller: Member): Promise<void> {
  try {
    await data.erase(caller.principal.accountId, caller)
  } finally {
    sessions.forget(caller.principal.accountId)
  }
}

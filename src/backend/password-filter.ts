import { resolve } from 'node:path'
import { openFilter } from '../checklist/authentication/strong-authentication/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'

/**
 * The filter of passwords that nobody may choose: the one that ships, and the operator's own beside it.
 *
 * @throws StartRefusal that names the setting, where its file is none.
 */
export function openPasswordFilter(file: string | null): (text: string) => boolean {
  try {
    return openFilter(file === null ? undefined : resolve(file))
  } catch (error) {
    if (error instanceof StartRefusal && file !== null)
      throw new StartRefusal('HOLDFAST_PASSWORD_FILTER', error.message, { cause: error })
    throw error
  }
}

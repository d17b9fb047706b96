import { PAGE_WORDS } from '../../../platform/html/page-words.ts'

/** What every page says around its body. */
export const frame = { ...PAGE_WORDS, account: 'Account' }

import { challenge } from './challenge.ts'
import { factors } from './factors.ts'
import { mailFlows } from './mail-flows.ts'
import { notices } from './notices.ts'
import { outbox } from './outbox.ts'
import { passkeys } from './passkeys.ts'

/** All texts for people, in English. Another language is another folder with the same names. */
export const en = { challenge, factors, passkeys, mailFlows, notices, outbox }

/** What a language has to say. */
export type Words = typeof en

import { challenge } from './challenge.ts'

/** All texts for people, in English. Another language is another folder with the same names. */
export const en = { challenge }

/** What a language has to say. */
export type Words = typeof en

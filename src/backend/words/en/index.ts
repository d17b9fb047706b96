import { account } from './account.ts'
import { challenge } from './challenge.ts'
import { factors } from './factors.ts'
import { frame } from './frame.ts'
import { mailFlows } from './mail-flows.ts'
import { notices } from './notices.ts'
import { openid } from './openid.ts'
import { outbox } from './outbox.ts'
import { passkeys } from './passkeys.ts'
import { passwords } from './passwords.ts'
import { people } from './people.ts'
import { personalData } from './personal-data.ts'
import { problems } from './problems.ts'
import { sign } from './sign.ts'

/** All texts for people, in English. Another language is another folder with the same names. */
export const en = {
  account,
  challenge,
  factors,
  frame,
  mailFlows,
  notices,
  openid,
  outbox,
  passkeys,
  passwords,
  people,
  personalData,
  problems,
  sign,
}

/** What a language has to say. */
export type Words = typeof en

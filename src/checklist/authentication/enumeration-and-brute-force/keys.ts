import { createHash } from 'node:crypto'
import { addressKey } from '../../../platform/http/address-key.ts'
import type { Sealer } from '../../../platform/keys/index.ts'
import type { Attempt, GuardedFlow } from './guessing.ts'

/** What is guessed at. Flows that ask for the same secret share its budget. */
export type Family = 'password' | 'code' | 'mail'

export const familyOf = (flow: GuardedFlow): Family => FAMILIES[flow]

const FAMILIES: Readonly<Record<GuardedFlow, Family>> = {
  'sign-in': 'password',
  'step-up': 'password',
  'second-factor': 'code',
  'sign-up': 'mail',
  reset: 'mail',
  'sign-in-link': 'mail',
}

/** Under which a counter is kept: keyed, so that the table tells nobody's address. */
export const accountKey = (sealer: Pick<Sealer, 'index'>, family: Family, subject: string): Buffer =>
  sealer.index(`attempt account ${family}`, subject)

export const clientKey = (sealer: Pick<Sealer, 'index'>, { flow, address }: Attempt): Buffer =>
  sealer.index(`attempt address ${familyOf(flow)}`, addressKey(address))

/** @param hash - of the device's token, hex. */
export const deviceKey = (sealer: Pick<Sealer, 'index'>, family: Family, hash: string): Buffer =>
  sealer.index(`attempt device ${family}`, hash)

/** The row that says whether strangers are asked for work. */
export const serviceKey = (sealer: Pick<Sealer, 'index'>): Buffer => sealer.index('attempt service', 'alarm')

/** The row of one minute. */
export const minuteKey = (sealer: Pick<Sealer, 'index'>, what: 'failures' | 'successes', minute: number): Buffer =>
  sealer.index(`attempt service ${what}`, String(minute))

/** How a device's token is kept; `null` for what is no token of ours. 256 random bits need no slow hash. */
export const deviceHash = (token: string | undefined): Buffer | null =>
  token !== undefined && /^[A-Za-z0-9_-]{43}$/.test(token) ? createHash('sha256').update(token).digest() : null

import { NOBODY } from '../../../kernel/principal.ts'
import { createGuessing, type GuessingControl, type Parts } from './control.ts'
import type { Attempt } from './guessing.ts'

/** The control made again of changed parts. */
export const made =
  (change: (parts: Parts) => Partial<Parts>) =>
  (control: GuessingControl): GuessingControl =>
    createGuessing({ ...control.parts, ...change(control.parts) })

/** Whether a statement finds a row for whoever is tried: an address, at the second step an account. */
export async function has({ accounts }: Parts, sql: string, { subject }: Pick<Attempt, 'subject'>): Promise<boolean> {
  const [result] = await accounts.batch(NOBODY, [{ sql, parameters: [subject] }])
  return (result?.rows.length ?? 0) > 0
}

/** Does something to the account that is tried. */
export const run = (parts: Parts, sql: string, attempt: Pick<Attempt, 'subject'>): Promise<boolean> =>
  has(parts, sql, attempt)

export const ACCOUNT = 'select 1 as there from holdfast.account where email = $1::text'
export const PASSKEY = `select 1 as there from holdfast.account a join holdfast.passkey p on p.account_id = a.id
  where a.email = $1::text`
export const APP = 'select 1 as there from holdfast.totp where account_id = $1::uuid'

import { type LinkPurpose, normaliseEmail } from '../checklist/authentication/strong-authentication/index.ts'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { type Caller, origin, pageOf, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import { guarded } from './guarded.ts'
import { type LinkMail, linkMail } from './mails/link-mail.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'

/** Makes links and sends them. */
export class LinkSender {
  readonly #controls: Controls
  readonly #parts: BackendParts

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
  }

  /**
   * Somebody asks for a link to an address of which they say that it is theirs.
   *
   * @param address - as it was typed.
   * @throws Refusal `input-invalid` for what mail can't be sent to; `too-many-attempts`, `challenge-required`: the same for every
   * address.
   */
  async ask(purpose: 'reset' | 'sign-in', address: string, caller: Caller): Promise<void> {
    const email = addressOf(address)
    await guarded(this.#controls, this.#parts, {
      flow: purpose === 'reset' ? 'reset' : 'sign-in-link',
      subject: email,
      caller,
      work: () => this.#parts.accounts.transaction(NOBODY, (tx) => this.toAnybody(tx, { purpose, email }, caller)),
    })
  }

  /**
   * What anybody may ask for, of any address. The same is read and written whoever has the address, or nobody: a link, an event
   * and a mail, which the worker throws away where there is nobody to get it.
   *
   * @param email - normalised.
   */
  async toAnybody(
    tx: AccountsTransaction,
    {
      purpose,
      email,
      invitationHash = null,
    }: { readonly purpose: AnybodysPurpose; readonly email: string; readonly invitationHash?: Buffer | null },
    caller: Caller,
  ): Promise<void> {
    const account = await tx
      .selectFrom('holdfast.account')
      .select('disabled_at')
      .where('email', '=', email)
      .executeTakeFirst()
    const has = account === undefined ? 'none' : account.disabled_at === null ? 'one' : 'disabled'
    const { to, sent } = OUTCOMES[purpose][has]
    const token = await this.#links.make(tx, { purpose, email, accountId: null, invitationHash, to }, whence(caller))
    const mail: LinkMail =
      purpose === 'sign-up' && has !== 'none' ? { kind: 'sign-up-taken' } : { kind: purpose, token: token.release() }
    await this.#stage(tx, mail, email, caller, sent ? 'send' : 'discard')
  }

  /** What only somebody asks for who is signed in, of an address of theirs. */
  async toMember(
    tx: AccountsTransaction,
    { purpose, email, accountId }: { readonly purpose: 'verify'; readonly email: string; readonly accountId: string },
    caller: Caller,
  ): Promise<void> {
    const token = await this.#links.make(tx, { purpose, email, accountId, to: 'account' }, whence(caller))
    await this.#stage(tx, { kind: purpose, token: token.release() }, email, caller)
  }

  /** To an address that somebody who is signed in wants to have. Its owner is told where it has one already. */
  async toNewAddress(
    tx: AccountsTransaction,
    { email, accountId }: { readonly email: string; readonly accountId: string },
    caller: Caller,
  ): Promise<void> {
    const taken = await tx
      .selectFrom('holdfast.account')
      .select('id')
      .where('email', '=', email)
      .where('id', '!=', accountId)
      .executeTakeFirst()
    const to = taken === undefined ? 'newcomer' : 'account'
    const token = await this.#links.make(tx, { purpose: 'change', email, accountId, to }, whence(caller))
    const mail: LinkMail = taken === undefined ? { kind: 'change', token: token.release() } : { kind: 'change-taken' }
    await this.#stage(tx, mail, email, caller)
  }

  /**
   * A reset that the person did not ask for. The link goes to the account's own address, and to nobody else.
   *
   * @param why - an administrator wants it, or the password was right and may not be the only factor.
   */
  async toAccount(
    tx: AccountsTransaction,
    { email, why }: { readonly email: string; readonly why: 'reset-by-administrator' | 'reset-outgrown' },
    caller: Caller,
  ): Promise<void> {
    const token = await this.#links.make(
      tx,
      { purpose: 'reset', email, accountId: null, to: 'account' },
      origin(caller),
    )
    await this.#stage(tx, { kind: why, token: token.release() }, email, caller)
  }

  #stage(
    tx: AccountsTransaction,
    mail: LinkMail,
    to: string,
    caller: Caller,
    delivery: 'send' | 'discard' = 'send',
  ): Promise<void> {
    const { definition, publicOrigins } = this.#parts
    const page = pageOf(caller)
    const at = publicOrigins.find((ours) => ours === page) ?? publicOrigins[0] ?? ''
    return this.#parts.mail.stage(tx, linkMail(mail, to, definition.title, at), delivery)
  }

  get #links() {
    return this.#controls['authentication/strong-authentication'].links
  }
}

/** An address in the spelling under which it is stored. @throws Refusal `input-invalid` for what mail can't be sent to. */
export function addressOf(text: string): string {
  const email = normaliseEmail(text)
  if (email !== null) return email
  throw new Refusal('input-invalid', undefined, {
    fields: [{ at: 'body/email', problem: 'must be an e-mail address' }],
  })
}

type AnybodysPurpose = Extract<LinkPurpose, 'sign-up' | 'reset' | 'sign-in'>

interface Outcome {
  readonly to: 'account' | 'newcomer' | 'nobody'
  readonly sent: boolean
}

const NOBODY_GETS_IT: Outcome = { to: 'nobody', sent: false }
const ITS_OWNER: Outcome = { to: 'account', sent: true }
const OUTCOMES: Readonly<Record<AnybodysPurpose, Readonly<Record<'none' | 'one' | 'disabled', Outcome>>>> = {
  'sign-up': { none: { to: 'newcomer', sent: true }, one: ITS_OWNER, disabled: NOBODY_GETS_IT },
  reset: { none: NOBODY_GETS_IT, one: ITS_OWNER, disabled: NOBODY_GETS_IT },
  'sign-in': { none: NOBODY_GETS_IT, one: ITS_OWNER, disabled: NOBODY_GETS_IT },
}

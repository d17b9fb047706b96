import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { type Caller, type Headers, type Member, origin, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import { guarded } from './guarded.ts'
import { accountAt, confirmAddress } from './link-account.ts'
import { addressOf, LinkSender } from './link-sender.ts'
import { Notices } from './notices.ts'
import type { BackendParts } from './parts.ts'

/** Addresses of accounts: that somebody receives mail there, and another in its place. */
export class Addresses {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #links: LinkSender
  readonly #notices: Notices

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
    this.#links = new LinkSender(controls, parts)
    this.#notices = new Notices(controls, parts)
  }

  /** Sends the link to confirm the address once more. @throws Refusal `too-many-attempts`. */
  async sendVerification(caller: Member): Promise<void> {
    const { accountId } = caller.principal
    const email = await this.#addressOf(accountId)
    await guarded(this.#controls, this.#parts, {
      flow: 'sign-up',
      subject: email,
      caller,
      work: () =>
        this.#parts.accounts.transaction(NOBODY, (tx) =>
          this.#links.toMember(tx, { purpose: 'verify', email, accountId }, caller),
        ),
    })
  }

  /** What a link would confirm. @throws Refusal `link-invalid`. */
  async lookAtVerification(token: string, caller: Caller): Promise<{ readonly email: string }> {
    const { email } = await this.#strong.links.look('verify', token, whence(caller))
    return { email }
  }

  /** Whoever has the link confirms the address, signed in or not. @throws Refusal `link-invalid`. */
  async verify(token: string, caller: Caller): Promise<void> {
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      const { accountId, email } = await this.#strong.links.use(tx, 'verify', token, whence(caller))
      const account = await accountAt(tx, email)
      // The account has another address by now.
      if (account.id !== accountId) throw new Refusal('link-invalid')
      await confirmAddress(tx, account.id, this.#parts.clock.now())
    })
  }

  /**
   * Sends a link to the new address and tells the old one. Nothing changes before the link is used.
   *
   * @throws Refusal `second-factor-required` of whoever has one and has not shown it; `too-many-attempts`.
   */
  async askForChange(address: string, caller: Member): Promise<void> {
    const email = addressOf(address)
    const { accountId } = caller.principal
    await this.#sure(caller)
    await guarded(this.#controls, this.#parts, {
      flow: 'sign-up',
      subject: email,
      caller,
      work: () =>
        this.#parts.accounts.transaction(NOBODY, async (tx) => {
          await this.#links.toNewAddress(tx, { email, accountId }, caller)
          await this.#notices.tell(tx, accountId, { change: 'address-change-asked', detail: email }, caller)
        }),
    })
  }

  /** What a link would change the caller's address to. @throws Refusal `link-invalid`, also for somebody else's. */
  async lookAtChange(token: string, caller: Member): Promise<{ readonly email: string }> {
    const { email, accountId } = await this.#strong.links.look('change', token, origin(caller))
    if (accountId !== caller.principal.accountId) throw new Refusal('link-invalid')
    return { email }
  }

  /**
   * Changes the address, ends all other sessions, replaces the token of this one. The old address is told.
   *
   * @throws Refusal `link-invalid`, also for somebody else's; `address-unusable` where it was taken meanwhile.
   */
  async change(token: string, caller: Member): Promise<Headers> {
    const { principal } = caller
    const sessions = this.#controls['authentication/session-management']
    await this.#sure(caller)
    const session = await sessions.change(async (tx) => {
      const { email, accountId } = await this.#strong.links.use(tx, 'change', token, origin(caller))
      if (accountId !== principal.accountId) throw new Refusal('link-invalid')
      await this.#controls['authentication/multi-factor'].lock(tx, accountId)
      const taken = await tx
        .selectFrom('holdfast.account')
        .select('id')
        .where('email', '=', email)
        .where('id', '!=', accountId)
        .executeTakeFirst()
      if (taken !== undefined) throw new Refusal('address-unusable')
      // The old address, while it is the account's.
      await this.#notices.tell(tx, accountId, { change: 'address-changed', detail: email }, caller)
      await this.#strong.links.voidAll(tx, { id: accountId, email: await addressIn(tx, accountId) })
      await tx
        .updateTable('holdfast.account')
        .set({ email, email_verified_at: new Date(this.#parts.clock.now()) })
        .where('id', '=', accountId)
        .execute()
      await this.#parts.events.stage(tx, {
        name: 'authn_email_changed',
        result: 'success',
        fields: {},
        ...origin(caller),
      })
      await this.#controls['authentication/multi-factor'].endPending(tx, accountId)
      await sessions.endOthers(tx, principal, 'password-change', caller)
      return sessions.rotate(tx, principal, { reason: 'address-change' }, caller)
    })
    return session.headers
  }

  /** Where the account receives mail, and whether that was ever proved. */
  async of(accountId: string): Promise<{ readonly email: string; readonly verified: boolean }> {
    const row = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select(['email', 'email_verified_at'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (row === undefined) throw new Refusal('not-found')
    return { email: row.email, verified: row.email_verified_at !== null }
  }

  /** Whoever has a second factor has shown it. */
  async #sure({ principal }: Member): Promise<void> {
    if (principal.assurance >= 2) return
    const { totp, passkeys } = await this.#controls['authentication/multi-factor'].factorsOf(principal.accountId)
    if (totp || passkeys > 0) throw new Refusal('second-factor-required')
  }

  async #addressOf(accountId: string): Promise<string> {
    return (await this.of(accountId)).email
  }

  get #strong() {
    return this.#controls['authentication/strong-authentication']
  }
}

async function addressIn(tx: Parameters<typeof accountAt>[0], accountId: string): Promise<string> {
  const { email } = await tx
    .selectFrom('holdfast.account')
    .select('email')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  return email
}

import type { AccessControl } from '../../checklist/authentication/access-control/index.ts'
import type { GuessingControl } from '../../checklist/authentication/enumeration-and-brute-force/index.ts'
import { NOBODY, type Principal } from '../../kernel/principal.ts'
import { type ProblemCode, Refusal } from '../../kernel/refusal.ts'
import { composeMail } from '../mails/compose-mail.ts'
import type { AccountsTransaction, BackendParts } from '../parts.ts'
import { en } from '../words/en/index.ts'
import { type KeptAbout, keptAbout } from './kept-about.ts'
import { type OwnedRows, readOwned, removeOwned } from './owned-rows.ts'

export type PersonalDataParts = Pick<
  BackendParts,
  'definition' | 'accounts' | 'runtime' | 'clock' | 'events' | 'mail'
> & {
  readonly access: Pick<AccessControl, 'keepAnOwner'>
  readonly guessing: Pick<GuessingControl, 'forget'>
}

/** Whose wish it was: a person's own, or that of whoever runs the backend, at the command line. */
export interface Wish {
  readonly principal: Principal | null
  readonly address?: string
  readonly requestId?: string
}

/**
 * What a person may ask for [GDPR articles 15, 17 and 20]: all that is kept about them, and to be erased.
 *
 * The accounts role reads and removes what Holdfast keeps, the runtime role what the application does, under row-level security
 * with the person's own identity. Neither can reach further than the person could.
 */
export class PersonalData {
  readonly #parts: PersonalDataParts

  constructor(parts: PersonalDataParts) {
    this.#parts = parts
  }

  /** What Holdfast itself keeps about somebody; the export is written down as an event. @throws Refusal `not-found`. */
  async kept(accountId: string, by: Wish): Promise<KeptAbout> {
    const kept = await keptAbout(this.#parts.accounts, accountId)
    await this.#parts.accounts.transaction(NOBODY, (tx) =>
      this.#parts.events.stage(tx, { name: 'user_exported', result: 'success', ...about(accountId, by) }),
    )
    return kept
  }

  /** The rows of the application that are theirs, some at a time. */
  rows(accountId: string, { memberships }: Pick<KeptAbout, 'memberships'>): AsyncGenerator<OwnedRows> {
    const { runtime, definition } = this.#parts
    return readOwned(
      runtime,
      definition,
      accountId,
      memberships.map(({ tenantId }) => tenantId),
    )
  }

  /**
   * Erases somebody: first the account is out of use and its sessions are ended, so that nothing is added behind us, then
   * what they own goes, then the account with all that hangs on it. What breaks in the middle can be done again.
   *
   * @throws Refusal `not-found`; `last-owner`; `conflict` where rows of others refer to what is theirs and may not go. Then the
   * account is in use as before, and its sessions have ended.
   */
  async erase(accountId: string, by: Wish): Promise<void> {
    const { accounts, clock, guessing } = this.#parts
    const disabledAt = new Date(clock.now())
    const { email, tenants, wasInUse } = await accounts.transaction(NOBODY, (tx) =>
      this.#putOutOfUse(tx, accountId, disabledAt, by),
    )
    try {
      await this.#remove(accountId, email, tenants, by)
    } catch (error) {
      // Ours alone: an administrator may have put it out of use meanwhile.
      if (wasInUse)
        await accounts
          .as(NOBODY)
          .updateTable('holdfast.account')
          .set({ disabled_at: null })
          .where('id', '=', accountId)
          .where('disabled_at', '=', disabledAt)
          .execute()
      throw error
    }
    await guessing.forget('password', email)
    await guessing.forget('code', accountId)
  }

  async #putOutOfUse(tx: AccountsTransaction, accountId: string, disabledAt: Date, by: Wish) {
    const account = await tx
      .selectFrom('holdfast.account')
      .select(['email', 'disabled_at'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (account === undefined) throw new Refusal('not-found')
    await this.#parts.access.keepAnOwner(tx, by.principal, accountId, by)
    const wasInUse = account.disabled_at === null
    // The database ends the sessions and tells every node.
    if (wasInUse)
      await tx.updateTable('holdfast.account').set({ disabled_at: disabledAt }).where('id', '=', accountId).execute()
    const memberships = await tx
      .selectFrom('holdfast.tenant_member')
      .select('tenant_id')
      .where('account_id', '=', accountId)
      .execute()
    return { email: account.email, tenants: memberships.map((row) => row.tenant_id), wasInUse }
  }

  async #remove(accountId: string, email: string, tenants: readonly string[], by: Wish): Promise<void> {
    const { accounts, runtime, definition } = this.#parts
    for (let attempt = 1; ; attempt++) {
      try {
        await removeOwned(runtime, definition, accountId, tenants)
        await accounts.transaction(NOBODY, (tx) => this.#removeAccount(tx, accountId, email, tenants, by))
        return
      } catch (error) {
        if (!(error instanceof Refusal && REFERRED_TO.has(error.code))) throw error
        // A request that was under way when the account was put out of use may have added a row.
        if (attempt === ATTEMPTS)
          throw new Refusal('conflict', 'What others own refers to it and has to go first', { cause: error })
      }
    }
  }

  async #removeAccount(
    tx: AccountsTransaction,
    accountId: string,
    email: string,
    tenants: readonly string[],
    by: Wish,
  ): Promise<void> {
    const { events, mail, definition } = this.#parts
    const words = en.personalData.mail
    await events.stage(tx, { name: 'user_erased', result: 'success', ...about(accountId, by) })
    await mail.stage(
      tx,
      composeMail({
        to: email,
        subject: words.subject(definition.title),
        title: words.title,
        paragraphs: [
          words.lead(definition.title),
          by.principal === null ? words.by.operator : words.by.self,
          words.notYours,
        ],
        footer: words.footer(definition.title),
      }),
    )
    // Those that anybody may ask for stand for the address.
    await tx.deleteFrom('holdfast.mail_link').where('email', '=', email).execute()
    await tx.deleteFrom('holdfast.account').where('id', '=', accountId).execute()
    if (tenants.length > 0)
      await tx
        .deleteFrom('holdfast.tenant')
        .where('id', 'in', tenants)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('holdfast.tenant_member')
                .select('account_id')
                .whereRef('holdfast.tenant_member.tenant_id', '=', 'holdfast.tenant.id'),
            ),
          ),
        )
        .execute()
  }
}

const about = (account: string, { principal, address, requestId }: Wish) => ({
  fields: { account },
  object: `account ${account}`,
  accountId: principal?.accountId,
  sessionId: principal?.sessionId,
  tenantId: principal?.tenantId ?? undefined,
  address,
  requestId,
})

const ATTEMPTS = 3
/** What a foreign key makes of it. */
const REFERRED_TO: ReadonlySet<ProblemCode> = new Set(['conflict', 'input-invalid'])

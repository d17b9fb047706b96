import { createHash } from 'node:crypto'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { Secret } from '../../../kernel/secret.ts'
import { after, hours, type Moment, minutes, type Seconds } from '../../../kernel/time.ts'
import type { AccountsTransaction, Origin, Parts } from './strong-authentication.ts'

/** What a link that was sent by mail is for. */
export type LinkPurpose = 'sign-up' | 'verify' | 'change' | 'reset' | 'sign-in'

export interface NewLink {
  readonly purpose: LinkPurpose
  /** Where it is sent, normalised. */
  readonly email: string
  /**
   * Who asked for it, of `verify` and `change`, which only somebody signed in asks for. `null` for the others: they stand for an
   * address, so that nothing is written differently where nobody has an account there.
   */
  readonly accountId: string | null
  /** SHA-256 of the invitation that a sign-up came with. */
  readonly invitationHash?: Buffer | null
  /** For the event. */
  readonly to: 'account' | 'newcomer' | 'nobody'
}

/** What somebody has shown who has a link: that they receive mail there. */
export interface ProvedLink {
  readonly email: string
  readonly accountId: string | null
  readonly invitationHash: Buffer | null
}

/** A link as it is stored. */
export interface StoredLink extends ProvedLink {
  readonly purpose: LinkPurpose
  readonly usedAt: Moment | null
  readonly expiresAt: Moment
}

/**
 * Links that prove that somebody receives mail at an address. Each is 256 random bits, stored as SHA-256, works once, and for an hour
 * at most [ASVS 6.4.1, 6.6.3].
 */
export interface MailLinks {
  /**
   * Makes one. Those of the same purpose that were sent before are void; where anybody may ask for it, all but the newest two, or
   * whoever knows an address could keep its owner from ever using one. Stages `authn_link_sent`.
   */
  make(this: MailLinks, tx: AccountsTransaction, link: NewLink, origin: Origin): Promise<Secret>
  /**
   * What it stands for, while it is good; it stays good. Before work that may be refused, such as choosing a password.
   *
   * @throws Refusal `link-invalid`, as {@link MailLinks.use}.
   */
  look(this: MailLinks, purpose: LinkPurpose, token: string, origin: Origin): Promise<ProvedLink>
  /**
   * Uses it up, in the transaction of what it is used for; of links to sign in the others with it. Stages `authn_link_used`.
   *
   * @throws Refusal `link-invalid`, the same for one that never was, was used, is too old or is for something else; reports
   * `authn_link_refused`.
   */
  use(
    this: MailLinks,
    tx: AccountsTransaction,
    purpose: LinkPurpose,
    token: string,
    origin: Origin,
  ): Promise<ProvedLink>
  /** Voids all of an account: its address or password has changed. */
  voidAll(tx: AccountsTransaction, account: { readonly id: string; readonly email: string }): Promise<void>

  // Policies: small and replaceable, so that each can be seen to matter.
  /** What of a token is stored: 32 bytes. 256 random bits need no slow hash. */
  hash(token: string): Buffer
  /** Whether a stored link is good for this purpose at this moment. */
  isGood(link: StoredLink, purpose: LinkPurpose, now: Moment): boolean
  /** Marks it as used. @returns whether it was not yet. */
  spend(tx: AccountsTransaction, hash: Buffer, now: Moment): Promise<boolean>
}

export function createMailLinks({ accounts, clock, events, random }: Parts): MailLinks {
  const refuse = (purpose: LinkPurpose, origin: Origin): Refusal => {
    events.report({ name: 'authn_link_refused', result: 'failure', fields: { purpose }, ...origin })
    return new Refusal('link-invalid')
  }
  return {
    async make(tx, { purpose, email, accountId, invitationHash = null, to }, origin) {
      const token = random(TOKEN_BYTES).toString('base64url')
      const now = clock.now()
      const at = new Date(now)
      await tx
        .updateTable('holdfast.mail_link')
        .set({ used_at: at })
        .where('purpose', '=', purpose)
        .where((where) =>
          accountId === null
            ? where.and([where('email', '=', email), where('token_hash', 'not in', newest(tx, purpose, email))])
            : where('account_id', '=', accountId),
        )
        .where('used_at', 'is', null)
        .execute()
      await tx.deleteFrom('holdfast.mail_link').where('token_hash', 'in', over(tx, at)).execute()
      await tx
        .insertInto('holdfast.mail_link')
        .values({
          token_hash: this.hash(token),
          purpose,
          account_id: accountId,
          email,
          invitation_hash: invitationHash,
          created_at: at,
          expires_at: new Date(after(now, LINK_LIFETIME[purpose])),
          used_at: null,
        })
        .execute()
      await events.stage(tx, { name: 'authn_link_sent', result: 'success', fields: { purpose, to }, ...origin })
      return new Secret(token)
    },

    async look(purpose, token, origin) {
      const link = await stored(accounts.as(NOBODY), this.hash(token)).executeTakeFirst().then(read)
      if (link === null || !this.isGood(link, purpose, clock.now())) throw refuse(purpose, origin)
      return link
    },

    async use(tx, purpose, token, origin) {
      const now = clock.now()
      const hash = this.hash(token)
      // Side by side, the second one waits for the first, and then finds it used.
      const link = await stored(tx, hash).forUpdate().executeTakeFirst().then(read)
      if (link === null || !this.isGood(link, purpose, now) || !(await this.spend(tx, hash, now)))
        throw refuse(purpose, origin)
      // A reset voids all there are, and there is one account to an address. Whoever signs in holds the lock of the account.
      if (purpose === 'sign-in')
        await tx
          .updateTable('holdfast.mail_link')
          .set({ used_at: new Date(now) })
          .where('purpose', '=', purpose)
          .where('email', '=', link.email)
          .where('used_at', 'is', null)
          .execute()
      await events.stage(tx, { name: 'authn_link_used', result: 'success', fields: { purpose }, ...origin })
      return link
    },

    async voidAll(tx, { id, email }) {
      await tx
        .updateTable('holdfast.mail_link')
        .set({ used_at: new Date(clock.now()) })
        .where((where) => where.or([where('account_id', '=', id), where('email', '=', email)]))
        .where('used_at', 'is', null)
        .execute()
    },

    hash: (token) => createHash('sha256').update(token).digest(),

    isGood: (link, purpose, now) => link.purpose === purpose && link.usedAt === null && now < link.expiresAt,

    async spend(tx, hash, now) {
      const { numUpdatedRows } = await tx
        .updateTable('holdfast.mail_link')
        .set({ used_at: new Date(now) })
        .where('token_hash', '=', hash)
        .where('used_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** How long each is good for. @see ASVS 5.0 6.4.1 and 6.6.3; the table has no room for more than an hour. */
export const LINK_LIFETIME: Readonly<Record<LinkPurpose, Seconds>> = Object.freeze({
  'sign-up': hours(1),
  verify: hours(1),
  change: hours(1),
  reset: hours(1),
  'sign-in': minutes(10),
})

const stored = (from: AccountsTransaction, hash: Buffer) =>
  from
    .selectFrom('holdfast.mail_link')
    .select(['purpose', 'account_id', 'email', 'invitation_hash', 'used_at', 'expires_at'])
    .where('token_hash', '=', hash)

function read(row: Awaited<ReturnType<ReturnType<typeof stored>['executeTakeFirst']>>): StoredLink | null {
  if (row === undefined) return null
  return {
    purpose: row.purpose,
    accountId: row.account_id,
    email: row.email,
    invitationHash: row.invitation_hash,
    usedAt: row.used_at?.getTime() ?? null,
    expiresAt: row.expires_at.getTime(),
  }
}

/** What stays good beside one that is made now. */
const newest = (tx: AccountsTransaction, purpose: LinkPurpose, email: string) =>
  tx
    .selectFrom('holdfast.mail_link')
    .select('token_hash')
    .where('purpose', '=', purpose)
    .where('email', '=', email)
    .where('used_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('token_hash')
    .limit(GOOD_AT_ONCE - 1)

/** Some whose time is over. Each that is made takes more than one away, so that the table does not grow. */
const over = (tx: AccountsTransaction, at: Date) =>
  tx
    .selectFrom('holdfast.mail_link')
    .select('token_hash')
    .where('expires_at', '<=', at)
    .orderBy('expires_at')
    .limit(TIDIED_AT_ONCE)
    .forUpdate()
    .skipLocked()

const TOKEN_BYTES = 32
const GOOD_AT_ONCE = 3
const TIDIED_AT_ONCE = 10

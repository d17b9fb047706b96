import { uuidv7 } from '../kernel/id.ts'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { Secret } from '../kernel/secret.ts'
import { readName } from '../platform/declaration/names.ts'
import { type Caller, origin, whence } from './caller.ts'
import type { Controls } from './controls.ts'
import { guarded } from './guarded.ts'
import { addressOf, LinkSender } from './link-sender.ts'
import { LinksUnderWay } from './links-under-way.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'
import { invitationHash, type Tenants } from './tenants.ts'

export interface NewAccount {
  readonly email: string
  readonly name: string
  readonly password: string
}

/** One that may come without a password: it is signed in to in another way, and gets one by a link for resetting it. */
type MadeAccount = Omit<NewAccount, 'password'> & { readonly password: string | null }

/**
 * How accounts come to be. Visitors show first that they receive mail at their address, so that nobody can prepare an account, with
 * a password of their own, on somebody else's; only the first owner comes by a link that the operator has.
 */
export class NewAccounts {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #tenants: Tenants
  readonly #door: SignIn
  readonly #links: LinkSender
  readonly #underWay = new LinksUnderWay()

  constructor(controls: Controls, parts: BackendParts, tenants: Tenants, door: SignIn) {
    this.#controls = controls
    this.#parts = parts
    this.#tenants = tenants
    this.#door = door
    this.#links = new LinkSender(controls, parts)
  }

  /**
   * Sends a link to the page where name and password are chosen; to an address that has an account, a word to its owner.
   *
   * @throws Refusal `link-invalid` where an invitation is asked for and none that is good came; `too-many-attempts`,
   * `challenge-required`: the same for every address.
   */
  async ask(
    input: { readonly email: string; readonly invitation?: string | undefined },
    caller: Caller,
  ): Promise<void> {
    const { invitation } = input
    const email = addressOf(input.email)
    this.#admitted(invitation !== undefined)
    await guarded(this.#controls, this.#parts, {
      flow: 'sign-up',
      subject: email,
      caller,
      work: () =>
        this.#parts.accounts.transaction(NOBODY, async (tx) => {
          const hash = invitation === undefined ? null : invitationHash(invitation)
          if (hash !== null) await this.#tenants.checkInvitation(tx, hash, this.#parts.clock.now())
          await this.#links.toAnybody(tx, { purpose: 'sign-up', email, invitationHash: hash }, caller)
        }),
    })
  }

  /** For whom the account will be that a link is for. @throws Refusal `link-invalid`. */
  async look(token: string, caller: Caller): Promise<{ readonly email: string }> {
    const { email } = await this.#strong.links.look('sign-up', token, whence(caller))
    return { email }
  }

  /** @throws Refusal `link-invalid`, `password-refused`; `address-unusable` where the address was taken meanwhile. */
  async complete(
    input: { readonly token: string; readonly name: string; readonly password: string },
    caller: Caller,
  ): Promise<SignInResult> {
    // Before anything is hashed, and without using it up: a password that is refused leaves it as it is.
    const link = await this.#strong.links.look('sign-up', input.token, whence(caller))
    this.#admitted(link.invitationHash !== null)
    return this.#underWay.alone(input.token, () =>
      this.#create(
        { email: link.email, name: input.name, password: input.password },
        caller,
        { role: 'member', how: link.invitationHash === null ? 'sign-up' : 'invitation', verified: true },
        async (tx, now) => {
          const { invitationHash: hash } = await this.#strong.links.use(tx, 'sign-up', input.token, whence(caller))
          return hash === null ? null : this.#tenants.useInvitation(tx, hash, now)
        },
      ),
    )
  }

  /** Whether the first owner's link is good; it stays good. @throws Refusal `link-invalid`. */
  async lookAtEnrolment(token: string): Promise<void> {
    const now = this.#parts.clock.now()
    await this.#controls['server/secure-configuration'].lookAtEnrolment(this.#parts.accounts.as(NOBODY), token, now)
  }

  /** The first owner's one-time enrolment. The address is confirmed afterwards, by a link that is sent there. */
  async enrol(input: NewAccount & { readonly token: string }, caller: Caller): Promise<SignInResult> {
    await this.lookAtEnrolment(input.token)
    return this.#underWay.alone(input.token, () =>
      this.#create(
        input,
        caller,
        { role: 'owner', how: 'enrolment', verified: false },
        async (tx, now) => {
          await this.#controls['server/secure-configuration'].useEnrolment(tx, input.token, now)
          await this.#parts.events.stage(tx, {
            name: 'sys_enrolment_used',
            result: 'success',
            fields: {},
            ...origin(caller),
          })
          return null
        },
        (tx, account) => this.#links.toMember(tx, { purpose: 'verify', ...account }, caller),
      ),
    )
  }

  /**
   * Of somebody whose address an outside provider has verified.
   *
   * @param link - ties the account to the identity there, in the transaction that makes it.
   * @throws Refusal `address-unusable` where the address was taken meanwhile.
   */
  async byProvider(
    input: { readonly email: string; readonly name: string },
    link: (tx: AccountsTransaction, accountId: string) => Promise<void>,
    caller: Caller,
  ): Promise<SignInResult> {
    this.#admitted(false)
    return this.#create(
      { ...input, password: null },
      caller,
      { role: 'member', how: 'sign-up', verified: true, method: 'openid' },
      async () => null,
      (tx, { accountId }) => link(tx, accountId),
    )
  }

  async #create(
    input: MadeAccount,
    caller: Caller,
    { role, how, verified, method = 'link' }: Kind,
    admit: (tx: AccountsTransaction, now: number) => Promise<string | null>,
    afterwards: (
      tx: AccountsTransaction,
      account: { readonly accountId: string; readonly email: string },
    ) => Promise<void> = async () => undefined,
  ): Promise<SignInResult> {
    const name = readName(input.name, 'body/name')
    // Hashing takes tens of milliseconds; no transaction is held open for it.
    const prepared =
      input.password === null
        ? null
        : await this.#strong.preparePassword(new Secret(input.password), { email: input.email, name }, origin(caller))
    const account = { id: this.#id(), email: addressOf(input.email), name }
    const make = async (tx: AccountsTransaction): Promise<void> => {
      const now = this.#parts.clock.now()
      const at = new Date(now)
      const invitedTo = await admit(tx, now)
      const { id } = await this.#strong.createAccount(tx, { ...account, prepared, verified })
      const tenantId = invitedTo ?? this.#id()
      if (invitedTo === null) {
        const workspace = `${[...name].slice(0, 80).join('')}’s workspace`
        await tx.insertInto('holdfast.tenant').values({ id: tenantId, name: workspace, created_at: at }).execute()
      }
      await tx
        .insertInto('holdfast.tenant_member')
        .values({ tenant_id: tenantId, account_id: id, manages: invitedTo === null, joined_at: at })
        .execute()
      await tx
        .insertInto('holdfast.account_role')
        .values({ account_id: id, role, granted_at: at, granted_by: null })
        .execute()
      await this.#parts.events.stage(tx, {
        name: 'user_created',
        result: 'success',
        fields: { account: id, how },
        ...origin(caller),
        accountId: id,
        tenantId,
      })
      if (invitedTo !== null) await this.#tenants.stageJoined(tx, id, tenantId, caller)
      await afterwards(tx, { accountId: id, email: account.email })
    }
    return this.#door.finish({ account, method, assurance: 1, stillStands: make }, caller)
  }

  #admitted(invited: boolean): void {
    if (!invited && this.#parts.definition.signUp !== 'open')
      throw new Refusal('link-invalid', 'An account is made with an invitation here')
  }

  get #strong() {
    return this.#controls['authentication/strong-authentication']
  }

  #id(): string {
    return uuidv7(this.#parts.clock.now(), this.#parts.random)
  }
}

interface Kind {
  readonly role: 'owner' | 'member'
  readonly how: 'sign-up' | 'enrolment' | 'invitation'
  /** Whether whoever makes it has shown that they receive mail at the address. */
  readonly verified: boolean
  /** By what they have shown it. Default `link`. */
  readonly method?: 'link' | 'openid'
}

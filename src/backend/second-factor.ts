import type { FactorOrigin, Factors, TotpEnrolment } from '../checklist/authentication/multi-factor/index.ts'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { type Caller, type Headers, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import { FactorChanges } from './factor-changes.ts'
import { guarded, unlessLocked } from './guarded.ts'
import { Notices } from './notices.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import type { SignIn, SignInResult } from './sign-in.ts'

/** A code as somebody typed it, and what it is to be a code of. */
export interface TypedCode {
  readonly method: 'totp' | 'recovery-code'
  readonly code: string
}

/** What somebody sees of their own factors. */
export interface FactorState extends Factors {
  /** Whether a role of theirs requires a second factor. */
  readonly required: boolean
  /** A reset that an administrator started, with the moment it takes effect. */
  readonly reset: { readonly effectiveAt: string } | null
}

/** Second factors as people use them: the second step of a sign-in, and keeping them in order. Passkeys have flows of their own. */
export class SecondFactor {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #door: SignIn
  readonly #changes: FactorChanges
  readonly #notices: Notices

  constructor(controls: Controls, parts: BackendParts, door: SignIn) {
    this.#controls = controls
    this.#parts = parts
    this.#door = door
    this.#changes = new FactorChanges(controls, parts)
    this.#notices = new Notices(controls, parts)
  }

  /** What the second step may be done with. @throws Refusal `authentication-required` where no sign-in waits for it. */
  async awaited(caller: Pick<Caller, 'cookie'>): Promise<Factors> {
    const { accountId } = await this.#door.pending(caller)
    return this.#factors.factorsOf(accountId)
  }

  /** The second step of a sign-in. @throws Refusal `authentication-required`, `code-wrong`, `too-many-attempts`. */
  async second(typed: TypedCode, caller: Caller): Promise<SignInResult> {
    const { accountId } = await this.#door.pending(caller)
    const from = { address: caller.address, requestId: caller.requestId }
    return guarded(this.#controls, this.#parts, {
      flow: 'second-factor',
      subject: this.#factors.countedAs(accountId, caller.cookie('__Host-pending')),
      caller,
      work: ({ locked }) =>
        this.#door.second((tx, whose) => this.#use(tx, whose, typed, locked, { ...from, accountId }, caller), caller),
    })
  }

  /**
   * The second half of confirming who one is; the password was right already.
   *
   * @throws Refusal `code-wrong`, `too-many-attempts`.
   */
  async confirm(typed: TypedCode, caller: Member): Promise<Headers> {
    const { accountId } = caller.principal
    const session = await guarded(this.#controls, this.#parts, {
      flow: 'second-factor',
      subject: this.#factors.countedAs(accountId, undefined),
      caller,
      work: ({ locked }) =>
        this.#sessions.change(async (tx) => {
          await this.#use(tx, accountId, typed, locked, origin(caller), caller)
          return this.#sessions.rotate(tx, caller.principal, { reason: 'step-up', authenticated: 2 }, caller)
        }),
    })
    return session.headers
  }

  async state({ accountId, roles }: Member['principal']): Promise<FactorState> {
    const [factors, reset] = await Promise.all([this.#factors.factorsOf(accountId), this.#factors.resetOf(accountId)])
    return {
      ...factors,
      required: this.#factors.isRequired(roles),
      reset: reset === null ? null : { effectiveAt: new Date(reset.effectiveAt).toISOString() },
    }
  }

  /** A new secret, shown once; the app in use goes on until a code of the new one was right. */
  async enrolTotp({ principal }: Member): Promise<TotpEnrolment> {
    const account = await this.#parts.accounts
      .as(NOBODY)
      .selectFrom('holdfast.account')
      .select('email')
      .where('id', '=', principal.accountId)
      .executeTakeFirst()
    if (account === undefined) throw new Refusal('not-found')
    return this.#factors.enrolTotp(principal.accountId, account.email)
  }

  /** @returns recovery codes where there were none: they are shown now and never again. @throws Refusal `code-wrong`, `too-many-attempts`. */
  async confirmTotp(
    code: string,
    caller: Member,
  ): Promise<{ readonly recoveryCodes: readonly string[] | null; readonly headers: Headers }> {
    const { accountId } = caller.principal
    return guarded(this.#controls, this.#parts, {
      flow: 'second-factor',
      subject: this.#factors.countedAs(accountId, undefined),
      caller,
      work: (admitted) =>
        this.#sessions.change(async (tx) => {
          await this.#factors.lock(tx, accountId)
          const typed = unlessLocked(admitted, code, this.#parts.random)
          await this.#factors.confirmTotp(tx, accountId, typed, origin(caller))
          return this.#changes.added(tx, { change: 'totp-added' }, caller)
        }),
    })
  }

  /** @throws Refusal `not-found`; `conflict` for the last factor of somebody whose role requires one. */
  async removeTotp(caller: Member): Promise<Headers> {
    const { accountId } = caller.principal
    const { headers } = await this.#sessions.change(async (tx) => {
      await this.#factors.lock(tx, accountId)
      if (!(await this.#factors.removeTotp(tx, accountId, origin(caller)))) throw new Refusal('not-found')
      return this.#changes.removed(tx, { change: 'totp-removed' }, caller)
    })
    return headers
  }

  /** Ten new ones, shown now and never again. @throws Refusal `conflict` where there is no factor they could stand in for. */
  async renewRecoveryCodes(caller: Member): Promise<readonly string[]> {
    const { accountId } = caller.principal
    return this.#sessions.change(async (tx) => {
      await this.#factors.lock(tx, accountId)
      const { totp, passkeys } = await this.#factors.factorsOf(accountId, tx)
      if (!totp && passkeys === 0) throw new Refusal('conflict', 'There is no second factor yet')
      const codes = await this.#factors.makeRecoveryCodes(tx, accountId, origin(caller))
      await this.#notices.tell(tx, accountId, { change: 'recovery-codes-made' }, caller)
      await this.#sessions.endOthers(tx, caller.principal, 'self', caller)
      return codes
    })
  }

  async #use(
    tx: AccountsTransaction,
    accountId: string,
    { method, code }: TypedCode,
    locked: boolean,
    from: FactorOrigin,
    caller: Pick<Caller, 'address' | 'device'>,
  ): Promise<void> {
    if (method === 'totp')
      return this.#factors.useTotp(tx, accountId, unlessLocked({ locked }, code, this.#parts.random), from)
    // Nobody guesses 80 bits: it is the way back of whose app is locked since somebody guessed at its six digits. It waits all the same.
    await this.#factors.useRecoveryCode(tx, accountId, code, from)
    await this.#notices.tell(tx, accountId, { change: 'recovery-code-used' }, caller)
  }

  get #factors() {
    return this.#controls['authentication/multi-factor']
  }

  get #sessions() {
    return this.#controls['authentication/session-management']
  }
}

/** What somebody typed into one field for either: six digits are of an app. */
export const readCode = (code: string): TypedCode => {
  const plain = code.replace(/[\s-]/g, '')
  return /^\d{6}$/.test(plain) ? { method: 'totp', code: plain } : { method: 'recovery-code', code }
}

import { Refusal } from '../kernel/refusal.ts'
import { type Headers, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import { type Notice, Notices } from './notices.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'
import { en } from './words/en/index.ts'

/** What comes with every factor that is added or removed: mail, the end of other sessions, recovery codes, a new token. */
export class FactorChanges {
  readonly #controls: Controls
  readonly #notices: Notices

  constructor(controls: Controls, parts: Pick<BackendParts, 'clock' | 'mail' | 'definition' | 'publicOrigins'>) {
    this.#controls = controls
    this.#notices = new Notices(controls, parts)
  }

  /**
   * To be called behind the change, in its transaction, which holds the factors' lock. Sessions elsewhere proved less than what
   * is asked from now on, so they end; this one is of two factors from now on, since the new one was just used.
   *
   * @returns recovery codes where there were none left.
   */
  async added(
    tx: AccountsTransaction,
    notice: Notice,
    caller: Member,
  ): Promise<{ readonly recoveryCodes: readonly string[] | null; readonly headers: Headers }> {
    const { principal } = caller
    const factors = this.#controls['authentication/multi-factor']
    const sessions = this.#controls['authentication/session-management']
    const left = await factors.factorsOf(principal.accountId, tx)
    const recoveryCodes =
      left.recoveryCodes > 0 ? null : await factors.makeRecoveryCodes(tx, principal.accountId, origin(caller))
    await this.#notices.tell(tx, principal.accountId, notice, caller)
    await sessions.endOthers(tx, principal, 'self', caller)
    const { headers } = await sessions.rotate(tx, principal, { reason: 'factor-added', authenticated: 2 }, caller)
    return { recoveryCodes, headers }
  }

  /**
   * To be called behind the change, in its transaction, which holds the factors' lock. Where no factor is left, what two factors
   * opened is closed.
   *
   * @throws Refusal `conflict` where it was the last one of somebody whose role requires one, or whose password may not be the only
   * factor.
   */
  async removed(tx: AccountsTransaction, notice: Notice, caller: Member): Promise<{ readonly headers: Headers }> {
    const { principal } = caller
    const factors = this.#controls['authentication/multi-factor']
    const sessions = this.#controls['authentication/session-management']
    const { totp, passkeys } = await factors.factorsOf(principal.accountId, tx)
    const last = !totp && passkeys === 0
    if (last && factors.isRequired(principal.roles)) throw new Refusal('conflict', en.factors.lastFactor)
    // The password may have been chosen beside a second factor, and be too short without one.
    const { standsAlone } = this.#controls['authentication/strong-authentication']
    if (last && !(await standsAlone(tx, principal.accountId)))
      throw new Refusal('conflict', en.passwords.beforeLastFactor)
    await factors.tidy(tx, principal.accountId)
    await this.#notices.tell(tx, principal.accountId, notice, caller)
    await sessions.endOthers(tx, principal, 'self', caller)
    const { headers } = await sessions.rotate(
      tx,
      // What the factor that is gone had proved is not held against the ones that are left.
      { ...principal, assurance: last || principal.assurance === 1 ? 1 : 2 },
      { reason: 'factor-removed' },
      caller,
    )
    return { headers }
  }
}

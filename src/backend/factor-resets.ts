import type { FastifyInstance } from 'fastify'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { timeText } from '../platform/html/time.ts'
import { type Caller, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import { Notices } from './notices.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'

/** Letting somebody in again who lost every factor: an administrator asks, time passes, the person is told and can say no. */
export class FactorResets {
  readonly #controls: Controls
  readonly #parts: BackendParts
  readonly #notices: Notices

  constructor(controls: Controls, parts: BackendParts) {
    this.#controls = controls
    this.#parts = parts
    this.#notices = new Notices(controls, parts)
  }

  /** @throws Refusal `not-found`, `conflict`, `permission-missing` where the account administers more than the caller does. */
  async start(accountId: string, by: Member): Promise<{ readonly effectiveAt: string }> {
    return this.#parts.accounts.transaction(NOBODY, async (tx) => {
      await this.#account(tx, accountId)
      await this.#controls['authentication/access-control'].mayActOn(tx, by.principal, accountId, by)
      await this.#factors.lock(tx, accountId)
      const { effectiveAt } = await this.#factors.startReset(tx, accountId, by.principal.accountId, origin(by))
      await this.#notices.tell(tx, accountId, { change: 'factor-reset-started', detail: timeText(effectiveAt) }, null)
      return { effectiveAt: new Date(effectiveAt).toISOString() }
    })
  }

  /** An administrator takes it back. @throws Refusal `not-found` where none is under way. */
  async cancel(accountId: string, by: Member): Promise<void> {
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      await this.#account(tx, accountId)
      await this.#controls['authentication/access-control'].mayActOn(tx, by.principal, accountId, by)
      if (!(await this.cancelIn(tx, accountId, by))) throw new Refusal('not-found')
    })
  }

  /** The person says no: whoever is signed in, with one factor too. @throws Refusal `not-found` where none is under way. */
  async cancelOwn(caller: Member): Promise<void> {
    await this.#parts.accounts.transaction(NOBODY, async (tx) => {
      if (!(await this.cancelIn(tx, caller.principal.accountId, caller))) throw new Refusal('not-found')
    })
  }

  /** Also of who just signed in with a factor: it is not lost. */
  async cancelIn(tx: AccountsTransaction, accountId: string, caller: Caller): Promise<boolean> {
    if (
      !(await this.#factors.cancelReset(tx, accountId, {
        ...origin(caller),
        accountId: caller.principal?.accountId ?? accountId,
      }))
    )
      return false
    await this.#notices.tell(tx, accountId, { change: 'factor-reset-cancelled' }, caller)
    return true
  }

  /**
   * Carries out what is due: factors gone, sessions ended, the person told.
   *
   * @param only - for a sign-in, which must not depend on when the sweep came by.
   */
  async finishDue(tx: AccountsTransaction, only?: string): Promise<number> {
    const done = await this.#factors.finishResets(tx, only)
    for (const accountId of done) {
      await tx
        .updateTable('holdfast.session')
        .set({ ended_at: new Date(this.#parts.clock.now()), ended_by: 'administrator' })
        .where('account_id', '=', accountId)
        .where('ended_at', 'is', null)
        .execute()
      await this.#notices.tell(tx, accountId, { change: 'factor-reset-done' }, null)
    }
    return done.length
  }

  /** Does so once a minute, until the server closes. What fails is tried again at the next turn. */
  install(server: FastifyInstance): void {
    let busy = false
    let timer: NodeJS.Timeout | undefined
    const turn = async (): Promise<void> => {
      if (busy) return
      busy = true
      await this.#parts.accounts
        .transaction(NOBODY, (tx) => this.finishDue(tx))
        .catch((cause: unknown) => this.#parts.log.warn({ cause }, 'resets of second factors were not carried out'))
        .finally(() => {
          busy = false
        })
    }
    server.addHook('onReady', (done) => {
      timer = setInterval(() => void turn(), TURN_MILLISECONDS)
      timer.unref()
      done()
    })
    server.addHook('onClose', (_server, done) => {
      clearInterval(timer)
      done()
    })
  }

  async #account(tx: AccountsTransaction, accountId: string): Promise<void> {
    const row = await tx.selectFrom('holdfast.account').select('id').where('id', '=', accountId).executeTakeFirst()
    if (row === undefined) throw new Refusal('not-found')
  }

  get #factors() {
    return this.#controls['authentication/multi-factor']
  }
}

const TURN_MILLISECONDS = 60_000

import type { FastifyInstance } from 'fastify'
import { NOBODY } from '../kernel/principal.ts'
import { Refusal } from '../kernel/refusal.ts'
import { timeText } from '../platform/html/time.ts'
import { type Caller, type Member, origin } from './caller.ts'
import type { Controls } from './controls.ts'
import { Notices, type OthersNotice } from './notices.ts'
import type { AccountsTransaction, BackendParts } from './parts.ts'

/** What resets need of a backend. */
export type FactorResetParts = Pick<
  BackendParts,
  'accounts' | 'clock' | 'mail' | 'definition' | 'publicOrigins' | 'log'
>

/** Letting somebody in again who lost every factor: an administrator asks, time passes, the person is told and can say no. */
export class FactorResets {
  readonly #controls: Controls
  readonly #parts: FactorResetParts
  readonly #notices: Notices

  constructor(controls: Controls, parts: FactorResetParts) {
    this.#controls = controls
    this.#parts = parts
    this.#notices = new Notices(controls, parts)
  }

  /** @throws Refusal `not-found`, `conflict`, `permission-missing` where the account administers more than the caller does. */
  async start(accountId: string, by: Member): Promise<{ readonly effectiveAt: string }> {
    return this.#parts.accounts.transaction(NOBODY, async (tx) => {
      await this.#account(tx, accountId)
      await this.#controls['authentication/access-control'].mayActOn(tx, by.principal, accountId, by)
      return this.#startIn(tx, accountId, by)
    })
  }

  /** Whoever runs the backend asks, at the command line. @throws Refusal `not-found`, `conflict`. */
  async startAsOperator(accountId: string): Promise<{ readonly effectiveAt: string }> {
    return this.#parts.accounts.transaction(NOBODY, async (tx) => {
      await this.#account(tx, accountId)
      return this.#startIn(tx, accountId, null)
    })
  }

  /** Whoever runs the backend takes it back. @returns whether one was under way. */
  async cancelAsOperator(accountId: string): Promise<boolean> {
    return this.#parts.accounts.transaction(NOBODY, (tx) => this.cancelIn(tx, accountId, null))
  }

  /** The reset of somebody's factors that is under way. */
  async of(accountId: string): Promise<{ readonly startedAt: string; readonly effectiveAt: string } | null> {
    const reset = await this.#factors.resetOf(accountId)
    if (reset === null) return null
    return {
      startedAt: new Date(reset.startedAt).toISOString(),
      effectiveAt: new Date(reset.effectiveAt).toISOString(),
    }
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

  /** Also of who just signed in with a factor: it is not lost. @param caller - `null`: whoever runs the backend. */
  async cancelIn(tx: AccountsTransaction, accountId: string, caller: Caller | null): Promise<boolean> {
    const from = caller === null ? {} : { ...origin(caller), accountId: caller.principal?.accountId ?? accountId }
    if (!(await this.#factors.cancelReset(tx, accountId, from))) return false
    await this.#tell(tx, accountId, { change: 'factor-reset-cancelled', from: caller, byOperator: caller === null })
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
      // What was guessed was guessed at codes that are gone.
      await this.#controls['authentication/enumeration-and-brute-force'].forget('code', accountId)
      await this.#tell(tx, accountId, { change: 'factor-reset-done', from: null, byOperator: false })
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

  async #startIn(
    tx: AccountsTransaction,
    accountId: string,
    by: Member | null,
  ): Promise<{ readonly effectiveAt: string }> {
    await this.#factors.lock(tx, accountId)
    const { effectiveAt } = await this.#factors.startReset(
      tx,
      accountId,
      by?.principal.accountId ?? null,
      by === null ? {} : origin(by),
    )
    const when = timeText(effectiveAt)
    await this.#tell(tx, accountId, { change: 'factor-reset-started', from: null, when, byOperator: by === null })
    return { effectiveAt: new Date(effectiveAt).toISOString() }
  }

  /** Tells the person, and whoever else is to know. */
  async #tell(
    tx: AccountsTransaction,
    accountId: string,
    told: Pick<OthersNotice, 'change' | 'byOperator'> & {
      /** The person's own request, where it was one. */
      readonly from: Caller | null
      readonly when?: string
    },
  ): Promise<void> {
    const { change, from, byOperator, when = '' } = told
    const [person] = await tx.selectFrom('holdfast.account').select('email').where('id', '=', accountId).execute()
    for (const id of await this.#factors.toldOfReset(tx, accountId, byOperator)) {
      if (id === accountId) await this.#notices.tell(tx, id, { change, detail: when }, from)
      else await this.#notices.tellOther(tx, id, accountId, { change, email: person?.email ?? '', when, byOperator })
    }
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

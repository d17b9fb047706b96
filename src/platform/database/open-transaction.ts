import { Refusal } from '../../kernel/refusal.ts'
import type { StatementResult } from './database.ts'
import { DatabaseError, toRefusal } from './errors.ts'
import { type Lane, STATUS_IDLE, STATUS_TRANSACTION } from './lane.ts'
import type { OwnStatement, WireStatement } from './unit.ts'

/**
 * BEGIN with the identity, `work`, COMMIT; ROLLBACK when `work` throws. BEGIN and the identity travel with the first
 * statement, so they cost no round trip of their own.
 */
export async function runTransaction<T>(
  lane: Lane,
  identity: string,
  work: (transaction: OpenTransaction) => Promise<T>,
): Promise<T> {
  const transaction = new OpenTransaction(lane, identity)
  // The server only bounds the time it is idle within a transaction; this bounds the whole.
  const guard = setTimeout(() => lane.destroy(TOO_LONG), LONGEST_MS)
  try {
    const result = await work(transaction)
    await transaction.commit()
    return result
  } catch (error) {
    await transaction.rollback()
    throw error
  } finally {
    clearTimeout(guard)
  }
}

/** A transaction while its `work` runs. Its statements go one after the other. */
export class OpenTransaction {
  readonly #lane: Lane
  readonly #identity: string
  #tail: Promise<unknown> = Promise.resolve()
  #begun = false
  #over = false
  #failure: unknown = null

  constructor(lane: Lane, identity: string) {
    this.#lane = lane
    this.#identity = identity
  }

  run(statements: readonly WireStatement[]): Promise<StatementResult[]> {
    // A handle kept beyond its transaction would write into somebody else's.
    if (this.#over)
      return Promise.reject(new Refusal('unexpected', undefined, { cause: new Error('the transaction is over') }))
    const result = this.#tail.then(() => this.#send(statements))
    this.#tail = result.catch(() => {})
    return result
  }

  /** @throws Refusal when it could not be committed: then it was rolled back, or the connection was lost. */
  async commit(): Promise<void> {
    await this.#end()
    if (!this.#begun) return
    if (this.#lane.ended) throw toRefusal(this.#failure ?? LOST)
    if (this.#lane.status !== STATUS_TRANSACTION) {
      await this.rollback()
      throw toRefusal(this.#failure ?? new Error('a statement of the transaction failed'))
    }
    await this.#control('commit')
  }

  /** Never throws: where ROLLBACK does not get through, the connection is ended, which rolls back as well. */
  async rollback(): Promise<void> {
    await this.#end()
    if (!this.#begun || this.#lane.ended || this.#lane.status === STATUS_IDLE) return
    await this.#control('rollback').catch((error: unknown) => this.#lane.destroy(error))
  }

  async #end(): Promise<void> {
    this.#over = true
    await this.#tail
  }

  async #control(statement: OwnStatement): Promise<void> {
    try {
      await this.#lane.run([statement], '', [])
    } catch (error) {
      throw toRefusal(error)
    }
  }

  async #send(statements: readonly WireStatement[]): Promise<StatementResult[]> {
    try {
      // Each must find the transaction open, or it would be done for good and as nobody.
      if (this.#begun && this.#lane.status === STATUS_IDLE) throw new Error('the transaction was ended from outside')
      const results = await this.#lane.run(this.#begun ? NOTHING : BEGIN, this.#identity, statements)
      this.#begun = true
      return results
    } catch (error) {
      // After BEGIN the block is open even when the statement behind it failed.
      if (this.#lane.status !== STATUS_IDLE) this.#begun = true
      this.#failure ??= error
      throw toRefusal(error)
    }
  }
}

const BEGIN: readonly OwnStatement[] = ['begin', 'identity']
const NOTHING: readonly OwnStatement[] = []
const LONGEST_MS = 30_000
const LOST = new DatabaseError({ code: '08006', message: 'the connection was lost' })
const TOO_LONG = new DatabaseError({ code: '25P04', message: 'the transaction took longer than 30 s' })

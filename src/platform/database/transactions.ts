import { Refusal } from '../../kernel/refusal.ts'
import type { ColumnTypes } from './column-types.ts'
import { type ConnectOptions, connect } from './connect.ts'
import type { StatementResult } from './database.ts'
import { DatabaseError, overloaded, toRefusal } from './errors.ts'
import { Lane, STATUS_IDLE, STATUS_TRANSACTION } from './lane.ts'
import type { OwnStatement, WireStatement } from './unit.ts'

export interface TransactionPoolOptions extends ConnectOptions {
  readonly types: ColumnTypes
  readonly limit: number
  /** Transactions that may wait for a connection. */
  readonly queue: number
}

/** Connections for transactions, opened as they are needed; each has one user at a time. */
export class TransactionPool {
  readonly #options: TransactionPoolOptions
  readonly #lanes = new Set<Lane>()
  #idle: Lane[] = []
  #opening = 0
  #openNotBefore = 0
  #waiting: Waiting[] = []
  #running = 0

  constructor(options: TransactionPoolOptions) {
    this.#options = options
  }

  get idle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0
  }

  /**
   * BEGIN with the identity, `work`, COMMIT; ROLLBACK when `work` throws. BEGIN and the identity travel with the first
   * statement, so they cost no round trip of their own.
   */
  async run<T>(identity: string, work: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
    this.#running++
    try {
      const lane = await this.#acquire()
      try {
        return await runOn(lane, identity, work)
      } finally {
        this.#release(lane)
      }
    } finally {
      this.#running--
    }
  }

  /** Refuses all that wait. */
  refuse(reason: Refusal): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject, timer } of waiting) {
      clearTimeout(timer)
      reject(reason)
    }
  }

  async close(now: boolean): Promise<void> {
    await Promise.all(
      [...this.#lanes].map(async (lane) => {
        if (now) lane.destroy(undefined)
        await lane.close()
      }),
    )
  }

  #acquire(): Promise<Lane> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= this.#options.queue) return reject(overloaded(undefined))
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        reject(overloaded(undefined))
      }, this.#options.statementTimeout)
      const waiting: Waiting = { resolve, reject, timer }
      this.#waiting.push(waiting)
      this.#serve()
    })
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const lane = this.#idle.pop()
      if (lane === undefined) break
      this.#next()?.resolve(lane)
    }
    if (this.#lanes.size > 0 && performance.now() < this.#openNotBefore) return
    while (this.#waiting.length > this.#opening && this.#lanes.size + this.#opening < this.#options.limit) this.#open()
  }

  #next(): Waiting | undefined {
    const next = this.#waiting.shift()
    clearTimeout(next?.timer)
    return next
  }

  #open(): void {
    this.#opening++
    this.#connect().then(
      (lane) => {
        this.#opening--
        if (!lane.ended) this.#idle.push(lane)
        this.#serve()
      },
      (error: unknown) => {
        this.#opening--
        // Where there are others it is perhaps only their number that is bounded: then one of them will do.
        if (this.#lanes.size > 0) this.#openNotBefore = performance.now() + HOLD_OFF_MS
        else this.#next()?.reject(error)
        this.#serve()
      },
    )
  }

  async #connect(): Promise<Lane> {
    const stream = await connect(this.#options)
    let started: Lane | null = null
    const lane = await Lane.start({
      ...this.#options,
      stream,
      place: 'transaction',
      onEnd: () => {
        if (started === null) return
        this.#lanes.delete(started)
        this.#idle = this.#idle.filter((idle) => idle !== started)
        this.#serve()
      },
    })
    started = lane
    if (!lane.ended) this.#lanes.add(lane)
    return lane
  }

  #release(lane: Lane): void {
    if (lane.ended) return
    // Whatever happened, the next user must not find an open transaction.
    if (lane.status !== STATUS_IDLE || lane.inFlight > 0) lane.destroy(undefined)
    else this.#idle.push(lane)
    this.#serve()
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

async function runOn<T>(lane: Lane, identity: string, work: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
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

interface Waiting {
  readonly resolve: (lane: Lane) => void
  readonly reject: (reason: unknown) => void
  readonly timer: NodeJS.Timeout
}

const BEGIN: readonly OwnStatement[] = ['begin', 'identity']
const NOTHING: readonly OwnStatement[] = []
const LONGEST_MS = 30_000
const HOLD_OFF_MS = 250
const LOST = new DatabaseError({ code: '08006', message: 'the connection was lost' })
const TOO_LONG = new DatabaseError({ code: '25P04', message: 'the transaction took longer than 30 s' })

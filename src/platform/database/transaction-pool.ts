import type { Refusal } from '../../kernel/refusal.ts'
import type { ColumnTypes } from './column-types.ts'
import { type ConnectOptions, connect } from './connect.ts'
import { overloaded } from './errors.ts'
import { Lane, STATUS_IDLE } from './lane.ts'
import { type OpenTransaction, runTransaction } from './open-transaction.ts'

export interface TransactionPoolOptions extends ConnectOptions {
  readonly types: ColumnTypes
  readonly limit: number
  /** Transactions that may wait for a connection. */
  readonly queue: number
  /** Milliseconds that one may wait for a connection. */
  readonly patience: number
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

  /** Runs `work` in a transaction on the next connection that is free. */
  async run<T>(identity: string, work: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
    this.#running++
    try {
      const lane = await this.#acquire()
      try {
        return await runTransaction(lane, identity, work)
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
      }, this.#options.patience)
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

interface Waiting {
  readonly resolve: (lane: Lane) => void
  readonly reject: (reason: unknown) => void
  readonly timer: NodeJS.Timeout
}

const HOLD_OFF_MS = 250

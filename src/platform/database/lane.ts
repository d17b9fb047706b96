import type { Duplex } from 'node:stream'
import { ARRAY_TYPES, type ColumnTypes } from './column-types.ts'
import type { StatementResult } from './database.ts'
import { DatabaseError, unavailable } from './errors.ts'
import {
  BIND_COMPLETE,
  CLOSE_COMPLETE,
  COMMAND_COMPLETE,
  DATA_ROW,
  ERROR,
  errorReport,
  NO_DATA,
  NOTICE,
  NOTIFICATION,
  notification,
  PARAMETER_DESCRIPTION,
  PARAMETER_STATUS,
  PARSE_COMPLETE,
  READY_FOR_QUERY,
  ROW_DESCRIPTION,
} from './messages.ts'
import { PreparedStatements } from './prepared.ts'
import type { StatementPlace } from './statement-kind.ts'
import { OWN_STATEMENTS, type OwnStatement, Unit } from './unit.ts'
import { prepareUnit, writeUnit } from './unit-writer.ts'
import { ProtocolViolation, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

export interface LaneOptions {
  /** Authenticated and idle, from {@link connect}. */
  readonly stream: Duplex
  readonly types: ColumnTypes
  /** On a `lane` many identities share it and no transaction may stay open; a `transaction` lane has one user at a time. */
  readonly place: StatementPlace
  /** Milliseconds per statement; the server keeps it, the lane only notices when the server is gone. */
  readonly statementTimeout: number
  /** Statements kept prepared. Default 500. */
  readonly preparedLimit?: number
  /** After each answer: there is room. */
  readonly onRoom?: () => void
  /** Once, when the connection has ended, for whatever reason; all its units have been rejected. */
  readonly onEnd?: (cause: unknown) => void
  readonly onNotification?: (channel: string, payload: string) => void
}

/**
 * Many units in flight on one connection. A unit is an identity and statements before one Sync: to PostgreSQL that is one
 * implicit transaction, in which the identity set first holds for the statements and for nothing else, and it takes one round
 * trip. Units are answered in the order they were sent; after an error the server skips to the unit's own Sync, so a failed
 * unit does not touch its neighbours.
 *
 * @see https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #writer = new WireWriter()
  readonly #reader = new WireReader((code, buffer, start, end) => this.#receive(code, buffer, start, end))
  readonly #prepared: PreparedStatements
  readonly #watchdog: NodeJS.Timeout
  #first: Unit | null = null
  #last: Unit | null = null
  #inFlight = 0
  /** When {@link #first} became the first. */
  #since = 0
  #status = STATUS_IDLE
  #flushing = false
  #fatal: DatabaseError | null = null
  #ended = false
  #closing = false
  readonly #end = Promise.withResolvers<void>()

  private constructor(options: LaneOptions) {
    this.#options = options
    this.#prepared = new PreparedStatements(options.place, options.preparedLimit ?? 500)
    // An error in reading ends the lane at once: what follows in the stream can no longer be told apart.
    options.stream.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk)
      } catch (error) {
        this.destroy(error)
      }
    })
    options.stream.on('error', (error) => this.destroy(error))
    options.stream.on('close', () =>
      this.destroy(new DatabaseError({ code: '08006', message: 'the connection was closed' })),
    )
    this.#watchdog = setInterval(() => this.#watch(), WATCH_EVERY_MS)
    this.#watchdog.unref()
  }

  /** Prepares our own statements and reads what types there are. */
  static async start(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options)
    for (const name of OWN_NAMES) lane.#writer.parse(name, OWN_STATEMENTS[name])
    const [types] = await lane.run([], '', [{ sql: ARRAY_TYPES, values: [] }])
    options.types.learn(types?.rows ?? [])
    return lane
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether the server has it in a transaction block: `I`dle, in a `T`ransaction, in a failed (`E`) one. */
  get status(): number {
    return this.#status
  }

  /** Whether what is in front takes so long that others should not stand behind it. */
  get stalled(): boolean {
    return this.#first !== null && performance.now() - this.#since > STALLED_MS
  }

  run(prelude: Unit['prelude'], identity: string, statements: Unit['statements']): Promise<StatementResult[]> {
    return new Promise((resolve, reject) => this.send(new Unit(prelude, identity, statements, resolve, reject)))
  }

  /** Sends a unit with all others of this turn of the event loop. It is settled in any case, even if the lane ends. */
  send(unit: Unit): void {
    if (this.#ended || this.#closing) {
      unit.reject(unavailable(this.#fatal ?? undefined))
      return
    }
    unit.reset()
    const closing = this.#prepared.takeClosing()
    try {
      prepareUnit(unit, this.#prepared)
    } catch (error) {
      for (const prepared of unit.parsing) this.#prepared.forget(prepared)
      this.#prepared.close(closing)
      unit.reject(error)
      return
    }
    writeUnit(unit, closing, this.#writer)
    if (this.#last === null) {
      this.#first = unit
      this.#since = performance.now()
    } else {
      this.#last.next = unit
    }
    this.#last = unit
    this.#inFlight++
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => this.#flush())
  }

  /** Ends the connection now and rejects all units in flight: what became of them is not known. */
  destroy(cause: unknown): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#watchdog)
    this.#options.stream.destroy()
    const reason = this.#fatal ?? cause
    for (let unit = this.#first; unit !== null; unit = unit.next) unit.reject(unavailable(reason))
    this.#first = null
    this.#last = null
    this.#inFlight = 0
    this.#end.resolve()
    this.#options.onEnd?.(reason)
  }

  /** Says good-bye once all units in flight are answered; resolves when the connection has ended. */
  close(): Promise<void> {
    this.#closing = true
    if (this.#inFlight === 0) this.#terminate()
    return this.#end.promise
  }

  #flush(): void {
    this.#flushing = false
    if (this.#ended) return
    this.#options.stream.write(this.#writer.take())
  }

  #terminate(): void {
    if (this.#ended) return
    this.#writer.terminate()
    this.#options.stream.end(this.#writer.take())
    // Where the other side does not close too, it is gone.
    setTimeout(() => this.destroy(undefined), GRACE_MS).unref()
  }

  /** One message of the server. */
  #receive(code: number, buffer: Buffer, start: number, end: number): void {
    switch (code) {
      case BIND_COMPLETE:
      case CLOSE_COMPLETE:
      case PARAMETER_DESCRIPTION:
      case PARAMETER_STATUS:
      case NOTICE:
        return
      case DATA_ROW:
        this.#head().takeRow(buffer, start, end)
        return
      case COMMAND_COMPLETE:
        this.#head().takeCommand(buffer, start, end)
        return
      case READY_FOR_QUERY:
        this.#settle(buffer[start] ?? 0)
        return
      case PARSE_COMPLETE:
        this.#head().takeParsed()
        return
      case ROW_DESCRIPTION:
        this.#head().takeColumns(this.#options.types, buffer, start, end)
        return
      case NO_DATA:
        this.#head().takeNoColumns()
        return
      case ERROR:
        this.#takeError(new DatabaseError(errorReport(buffer, start, end)))
        return
      case NOTIFICATION: {
        const { channel, payload } = notification(buffer, start, end)
        this.#options.onNotification?.(channel, payload)
        return
      }
      default:
        // Copy, functions, authentication: we never ask for them.
        throw new ProtocolViolation(`a message of type ${code}`)
    }
  }

  #head(): Unit {
    if (this.#first === null) throw new ProtocolViolation('an answer to no question')
    return this.#first
  }

  #takeError(error: DatabaseError): void {
    // The server ends the session with it; it concerns the connection, whatever was in flight.
    if (error.fatal || this.#first === null) this.#fatal = error
    else this.#first.error = error
  }

  #settle(status: number): void {
    const unit = this.#head()
    this.#status = status
    if (this.#options.place !== 'transaction' && status !== STATUS_IDLE) {
      throw new ProtocolViolation('a transaction stayed open on a shared connection')
    }
    if (unit.error === null && unit.step !== unit.statements.length) {
      throw new ProtocolViolation('a statement without an answer')
    }
    // From here on the unit is no longer in flight: it must be settled, whatever comes.
    this.#first = unit.next
    if (unit.next === null) this.#last = null
    this.#inFlight--
    this.#since = this.#first === null ? 0 : performance.now()
    if (unit.error !== null) this.#fail(unit, unit.error)
    else if (unit.tooLarge) unit.reject(new RangeError('the result is larger than 64 MiB'))
    else unit.resolve(unit.results)
    if (this.#closing && this.#inFlight === 0) this.#terminate()
    else this.#options.onRoom?.()
  }

  #fail(unit: Unit, error: DatabaseError): void {
    for (const prepared of unit.parsing) if (prepared.state === 'sent') this.#prepared.forget(prepared)
    const outdated = unit.prepared[unit.step]
    if (outdated?.state === 'ready' && isOutdated(error)) {
      this.#prepared.forget(outdated)
      // Nothing of the caller's ran, and the identity before it is undone.
      if (unit.step === 0 && !unit.retried && this.#options.place !== 'transaction') {
        unit.retried = true
        this.send(unit)
        return
      }
    }
    unit.reject(error)
  }

  /** The server keeps the statement's time; when even its refusal does not come, the other side is gone. */
  #watch(): void {
    if (this.#first === null) return
    const { prelude, statements } = this.#first
    const limit = this.#options.statementTimeout * (prelude.length + statements.length) + GRACE_MS
    if (performance.now() - this.#since > limit) {
      this.destroy(new DatabaseError({ code: '08006', message: 'the server does not answer' }))
    }
  }
}

/** The result's columns changed since it was prepared, or a pooler between gave us another server connection. */
const isOutdated = ({ code, routine }: DatabaseError): boolean =>
  code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')

const OWN_NAMES = Object.keys(OWN_STATEMENTS) as readonly OwnStatement[]

export const STATUS_IDLE = 0x49
export const STATUS_TRANSACTION = 0x54

const STALLED_MS = 20
const WATCH_EVERY_MS = 500
const GRACE_MS = 1_000

import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  type KyselyPlugin,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryResult,
  Transaction,
} from 'kysely'
import type { StatementResult } from './database.ts'
import { toRefusal } from './errors.ts'
import { encodeParameters } from './parameter.ts'
import type { WireStatement } from './unit.ts'

/** Runs one statement as whoever it was made for. */
export type Run = (statement: WireStatement) => Promise<StatementResult[]>

/** Kysely over `run`. Light, since every request makes one: compiler, adapter and dialect are shared by all. */
export const kyselyOver = <DB>(run: Run): Kysely<DB> => new Kysely<DB>({ ...SHARED, executor: new Executor(run) })

/** The same inside a transaction, where Kysely refuses to open another. */
export const transactionOver = <DB>(run: Run): Transaction<DB> =>
  new Transaction<DB>({ ...SHARED, executor: new Executor(run) })

/** A parameterized statement, from Kysely or written by hand, as it travels. */
export function wireStatement({
  sql,
  parameters,
}: {
  readonly sql: string
  readonly parameters: readonly unknown[]
}): WireStatement {
  return { sql, values: encodeParameters(parameters) }
}

class Executor extends DefaultQueryExecutor {
  readonly #connection: RunConnection
  readonly #plain: boolean

  constructor(run: Run, plugins: KyselyPlugin[] = []) {
    const connection = new RunConnection(run)
    super(COMPILER, ADAPTER, { provideConnection: (consumer) => consumer(connection) }, plugins)
    this.#connection = connection
    this.#plain = plugins.length === 0
  }

  /** Without plugins and abort signal nothing stands between the query and the lane. */
  override executeQuery<R>(
    query: CompiledQuery,
    options?: Parameters<DefaultQueryExecutor['executeQuery']>[1],
  ): Promise<QueryResult<R>> {
    return this.#plain && options?.signal === undefined
      ? this.#connection.executeQuery<R>(query)
      : super.executeQuery<R>(query, options)
  }
}

class RunConnection implements DatabaseConnection {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await runOne(this.#run, query)
    return { rows: result.rows as R[], numAffectedRows: BigInt(result.changed) }
  }

  streamQuery(): never {
    throw new TypeError('streaming is not supported: read in pages')
  }
}

async function runOne(run: Run, query: CompiledQuery): Promise<StatementResult> {
  try {
    const [result] = await run(wireStatement(query))
    if (result === undefined) throw new Error('a statement without a result')
    return result
  } catch (error) {
    throw toRefusal(error)
  }
}

const refuse = (): never => {
  throw new TypeError(
    'this Kysely is bound to one identity: use context.transaction(…) for a transaction, and close the Database instead of it',
  )
}

const DRIVER: Driver = {
  init: refuse,
  acquireConnection: refuse,
  beginTransaction: refuse,
  commitTransaction: refuse,
  rollbackTransaction: refuse,
  releaseConnection: refuse,
  destroy: refuse,
}

const COMPILER = new PostgresQueryCompiler()
const ADAPTER = new PostgresAdapter()

const DIALECT: Dialect = {
  createAdapter: () => ADAPTER,
  createDriver: () => DRIVER,
  createQueryCompiler: () => COMPILER,
  createIntrospector: refuse,
}

const SHARED = { config: { dialect: DIALECT }, dialect: DIALECT, driver: DRIVER } as const

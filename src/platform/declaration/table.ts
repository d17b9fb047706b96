import { type TObject, type TOptional, type TUnsafe, Type } from 'typebox'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { JsonSchema } from '../../kernel/surface.ts'
import type { AnyColumn } from './column.ts'
import type { TableDefinition } from './definition.ts'
import { describeTable } from './describe-table.ts'
import type { Input, InputNames, MayBeLeftOut, PatchNames, Row, ShareRow, Wire } from './row-types.ts'

/**
 * Declares a table of the application. Constraints, grants, row-level security and schemas follow from it.
 *
 * @throws StartRefusal `table note.title: is not classified; …`, for what is missing or contradicts itself.
 */
export function table<
  const Name extends string,
  const Columns extends Readonly<Record<string, AnyColumn>>,
  const Options extends TableOptions<keyof Columns & string> = Record<never, never>,
>(name: Name, columns: Columns, options?: Options): Table<Name, Columns, Options> {
  const definition = describeTable(name, columns, options ?? {})
  const schemas = new Map(definition.definitions.map((each) => [each.name, each.schema]))
  const pick = (
    names: readonly string[],
    use: (name: string, schema: JsonSchema) => unknown,
    more: object,
  ): TObject => {
    const properties: Record<string, object> = {}
    for (const each of names) {
      const schema = schemas.get(each)
      if (schema === undefined) throw new StartRefusal(`table ${name}`, `has no column ${each}`)
      properties[each] = Type.Unsafe(use(each, schema) as object)
    }
    return Type.Object(properties, { additionalProperties: false, ...more })
  }
  const writable = (each: string, use: 'insert' | 'patch'): void => {
    const surface = definition.columns.find((candidate) => candidate.name === each)
    const fixed = surface !== undefined && (surface.generated || (use === 'patch' && surface.primary))
    if (fixed)
      throw new StartRefusal(`table ${name}`, `${each} is not for requests to ${use === 'insert' ? 'give' : 'change'}`)
  }
  return {
    name,
    definition,
    columns,
    options: (options ?? {}) as Options,
    schema: (...names) => pick(names, (_, schema) => schema, {}) as never,
    insert(...names) {
      return pick(
        names,
        (each, schema) => {
          writable(each, 'insert')
          const state = columns[each]?.state
          return state?.nullable || state?.fallback ? Type.Optional(Type.Unsafe(schema)) : schema
        },
        {},
      ) as never
    },
    patch(...names) {
      return pick(
        names,
        (each, schema) => {
          writable(each, 'patch')
          return Type.Optional(Type.Unsafe(schema))
        },
        { minProperties: 1 },
      ) as never
    },
  }
}

export interface TableOptions<Name extends string = string> {
  /** The column that says whose row it is: filled from the identity, never changed. */
  readonly owner?: Name
  /** The column that says in which tenant it lies: filled from the identity, never changed. */
  readonly tenant?: Name
  /** Name of a table to make, which lends rows to other members of the tenant. Needs owner and tenant. */
  readonly sharedThrough?: string
  /** The row this one hangs on: who may see or change that may see or change this. Instead of owner and tenant. */
  readonly parent?: { readonly table: string; readonly column: Name }
  /**
   * Further statements, `create index …` each: full text, expressions. They run once, in the migration that makes the
   * table.
   */
  readonly indexes?: readonly string[]
}

export interface Table<Name extends string, Columns extends Readonly<Record<string, AnyColumn>>, Options> {
  readonly name: Name
  readonly columns: Columns
  readonly options: Options
  readonly definition: TableDefinition
  /** Columns as a reply has them: `note.schema('id', 'title')`. */
  schema<const Names extends keyof Columns & string>(
    ...names: readonly Names[]
  ): TObject<{ [N in Names]: TUnsafe<Wire<Columns[N]>> }>
  /** Columns as the body of a creating request has them, with their bounds; what may be left out is optional. */
  insert<const Names extends InputNames<Columns, Options>>(
    ...names: readonly Names[]
  ): TObject<{
    [N in Names]: MayBeLeftOut<Columns, Options, N> extends true
      ? TOptional<TUnsafe<Input<Columns[N]>>>
      : TUnsafe<Input<Columns[N]>>
  }>
  /** Columns as the body of a changing request has them: each optional, at least one. */
  patch<const Names extends PatchNames<Columns, Options>>(
    ...names: readonly Names[]
  ): TObject<{ [N in Names]: TOptional<TUnsafe<Input<Columns[N]>>> }>
}

// biome-ignore lint/suspicious/noExplicitAny: any table, whatever its columns
export type AnyTable = Pick<Table<string, any, any>, 'name' | 'columns' | 'options' | 'definition'>

/** What Kysely is told of the declared tables, share tables included. */
export type DatabaseOf<Tables extends readonly AnyTable[]> = {
  [T in Tables[number] as T['name']]: Row<T['columns'], T['options']>
} & {
  [T in Tables[number] as T['options'] extends { readonly sharedThrough: infer Share extends string }
    ? Share
    : never]: ShareRow<T['name'], T['options']>
}

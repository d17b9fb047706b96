import type { ColumnType } from 'kysely'
import { type TObject, type TOptional, type TUnsafe, Type } from 'typebox'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { JsonSchema } from '../../kernel/surface.ts'
import { type AnyColumn, type Column, column as make, type Shape } from './column.ts'
import type { TableDefinition } from './definition.ts'
import { describeColumn } from './describe-column.ts'

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

/** A row for Kysely: what is read, what may be given, what may be changed. */
export type Row<Columns extends Readonly<Record<string, AnyColumn>>, Options> = {
  [N in keyof Columns]: ColumnType<
    Read<Columns[N]>,
    ShapeOf<Columns[N]>['generated'] extends true
      ? never
      : MayBeLeftOut<Columns, Options, N> extends true
        ? Written<Columns[N]> | undefined
        : N extends IdentityNames<Options>
          ? Written<Columns[N]> | undefined
          : Written<Columns[N]>,
    N extends FixedNames<Columns, Options> ? never : Written<Columns[N]>
  >
}

/** A share: who lends which row to whom, for reading or writing. */
type ShareRow<Parent extends string, Options> = {
  [N in Parent | 'grantee']: ColumnType<string, string, never>
} & {
  [N in 'owner' | (Options extends { readonly tenant: infer T extends string } ? T : never)]: ColumnType<
    string,
    string | undefined,
    never
  >
} & {
  access: 'read' | 'write'
  created_at: ColumnType<Date, never, never>
}

type ShapeOf<C> = C extends Column<infer S extends Shape> ? S : never
type Null<S extends Shape> = S['nullable'] extends true ? null : never
type Read<C> = ShapeOf<C>['value'] | Null<ShapeOf<C>>
type Written<C> = (ShapeOf<C>['kind'] extends 'timestamp' ? Date | string : ShapeOf<C>['value']) | Null<ShapeOf<C>>
type Wire<C> = (ShapeOf<C>['kind'] extends 'timestamp' ? Date | string : ShapeOf<C>['value']) | Null<ShapeOf<C>>
type Input<C> = (ShapeOf<C>['kind'] extends 'timestamp' ? string : ShapeOf<C>['value']) | Null<ShapeOf<C>>

/** Has a default, may be null, or is a uuid the database makes: not the parent's, which has to be said. */
type MayBeLeftOut<Columns, Options, N extends keyof Columns> =
  ShapeOf<Columns[N]> extends infer S extends Shape
    ? true extends S['nullable'] | S['filled']
      ? true
      : N extends MadeNames<Columns, Options>
        ? true
        : false
    : never

type MadeNames<Columns, Options> = Exclude<
  NamesWhere<Columns, { readonly kind: 'uuid'; readonly primary: true; readonly referring: false }>,
  ParentName<Options>
>

type IdentityNames<Options> =
  | (Options extends { readonly owner: infer N extends string } ? N : never)
  | (Options extends { readonly tenant: infer N extends string } ? N : never)
type ParentName<Options> = Options extends { readonly parent: { readonly column: infer N extends string } } ? N : never
type NamesWhere<Columns, Part> = {
  [N in keyof Columns]: ShapeOf<Columns[N]> extends Part ? N : never
}[keyof Columns]
type FixedNames<Columns, Options> =
  | IdentityNames<Options>
  | ParentName<Options>
  | NamesWhere<Columns, { readonly primary: true } | { readonly generated: true }>
type InputNames<Columns, Options> = Exclude<
  keyof Columns & string,
  IdentityNames<Options> | NamesWhere<Columns, { readonly generated: true }> | MadeNames<Columns, Options>
>
type PatchNames<Columns, Options> = Exclude<keyof Columns & string, FixedNames<Columns, Options>>

function describeTable(
  name: string,
  columns: Readonly<Record<string, AnyColumn>>,
  options: TableOptions,
): TableDefinition {
  const where = `table ${name}`
  const refuse = (message: string): never => {
    throw new StartRefusal(where, message)
  }
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name) || name.startsWith('pg_'))
    refuse('a table name has up to 40 lower-case letters, digits and _')
  const names = Object.keys(columns)
  for (const role of ['owner', 'tenant'] as const) {
    const named = options[role]
    if (named !== undefined && !names.includes(named)) refuse(`has no column ${named}, which is named as ${role}`)
  }
  if (options.owner !== undefined && options.owner === options.tenant) refuse('owner and tenant are two columns')
  const described = names.map((each) => {
    const state = (columns[each] as AnyColumn).state
    const role = ROLES.find((candidate) => namedAs(options, candidate) === each) ?? 'other'
    return describeColumn(`table ${name}.${each}`, each, state, role)
  })
  if (!described.some(({ surface }) => surface.primary)) refuse('has no primary key')
  checkParent(columns, options, refuse)
  checkSharing(
    described.filter(({ surface }) => surface.primary).map(({ definition }) => definition),
    options,
    refuse,
  )
  for (const statement of options.indexes ?? []) {
    const named = new RegExp(`^create (unique )?index [a-z_][a-z0-9_]{0,62} on app\\.${name}[ (]`)
    if (!named.test(statement) || statement.includes(';'))
      refuse(`an index is one statement: create index NAME on app.${name} (…)`)
  }
  const parent = options.parent
  return {
    name,
    schema: 'app',
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.sharedThrough === undefined ? {} : { sharedThrough: options.sharedThrough }),
    ...(parent === undefined ? {} : { parent }),
    columns: described.map(({ surface }) => surface),
    definitions: described.map(({ definition }) => definition),
    indexes: options.indexes ?? [],
  }
}

const ROLES = ['owner', 'tenant', 'parent'] as const
const namedAs = (options: TableOptions, role: (typeof ROLES)[number]): string | undefined =>
  role === 'parent' ? options.parent?.column : options[role]

type Refuse = (message: string) => never

function checkParent(
  columns: Readonly<Record<string, AnyColumn>>,
  { parent, owner, tenant, sharedThrough }: TableOptions,
  refuse: Refuse,
): void {
  if (parent === undefined) return
  const state =
    columns[parent.column]?.state ?? refuse(`has no column ${parent.column}, which is named as the parent's`)
  if (owner ?? tenant ?? sharedThrough)
    refuse('a table with a parent follows it: it has no owner, tenant or shares of its own')
  if (state.kind !== 'uuid' || state.nullable) refuse("the parent's column is a uuid and never null")
  if (state.references && state.references.table !== parent.table) refuse('the parent column references another table')
}

function checkSharing(
  primary: readonly { readonly name: string; readonly sqlType: string }[],
  options: TableOptions,
  refuse: Refuse,
): void {
  if (options.sharedThrough === undefined) return
  if (options.owner === undefined || options.tenant === undefined)
    refuse('sharedThrough needs an owner and a tenant column')
  if (primary.length !== 1 || primary[0]?.sqlType !== 'uuid') refuse('sharedThrough needs one uuid as primary key')
}

/**
 * The table that `sharedThrough` names. Composite foreign keys, made with its DDL, hold that only the true owner shares and
 * only with members of the tenant.
 */
export function shareTable(parent: TableDefinition, name: string): TableDefinition {
  const tenant = parent.tenant
  if (tenant === undefined) throw new StartRefusal(`table ${parent.name}`, 'sharedThrough needs a tenant column')
  if (
    [tenant, parent.name].some((used) => ['owner', 'grantee', 'access', 'created_at'].includes(used)) ||
    tenant === parent.name
  )
    throw new StartRefusal(
      `table ${parent.name}`,
      'its name or tenant column collides with a column of the share table',
    )
  return describeTable(
    name,
    {
      [parent.name]: make
        .uuid()
        .primary()
        .references(parent.name, parent.columns.find((each) => each.primary)?.name ?? 'id', { onDelete: 'cascade' }),
      owner: make.uuid().plain(),
      [tenant]: make.uuid().plain(),
      grantee: make.uuid().primary().references('holdfast.account', 'id', { onDelete: 'cascade' }),
      access: make.text({ max: 5 }).plain().oneOf(['read', 'write']),
      created_at: make.timestamp().plain().generated(),
    },
    { owner: 'owner', tenant },
  )
}

import type { ColumnType } from 'kysely'
import type { AnyColumn, Column, Shape } from './column.ts'

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
export type ShareRow<Parent extends string, Options> = {
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
export type Wire<C> = (ShapeOf<C>['kind'] extends 'timestamp' ? Date | string : ShapeOf<C>['value']) | Null<ShapeOf<C>>
export type Input<C> = (ShapeOf<C>['kind'] extends 'timestamp' ? string : ShapeOf<C>['value']) | Null<ShapeOf<C>>

/** Has a default, may be null, or is a uuid the database makes: not the parent's, which has to be said. */
export type MayBeLeftOut<Columns, Options, N extends keyof Columns> =
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
export type InputNames<Columns, Options> = Exclude<
  keyof Columns & string,
  IdentityNames<Options> | NamesWhere<Columns, { readonly generated: true }> | MadeNames<Columns, Options>
>
export type PatchNames<Columns, Options> = Exclude<keyof Columns & string, FixedNames<Columns, Options>>

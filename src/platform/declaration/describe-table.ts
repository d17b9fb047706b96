import { StartRefusal } from '../../kernel/refusal.ts'
import { type AnyColumn, column as make } from './column.ts'
import type { TableDefinition } from './definition.ts'
import { describeColumn } from './describe-column.ts'
import type { TableOptions } from './table.ts'
import { refuseUnknown } from './unknown-option.ts'

/**
 * Makes of a declared table what the surface, the schemas and the DDL need.
 *
 * @throws StartRefusal `table note: …`, for what is missing or contradicts itself.
 */
export function describeTable(
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
  refuseUnknown(where, options, OPTIONS)
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

const OPTIONS: Readonly<Record<keyof TableOptions, true>> = {
  owner: true,
  tenant: true,
  sharedThrough: true,
  parent: true,
  indexes: true,
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

import { roleName } from './database-roles.ts'
import type { TableDefinition } from './definition.ts'
import { grantsOf } from './grants.ts'
import { identifier } from './sql-text.ts'

export interface Policy {
  readonly name: string
  readonly command: 'select' | 'insert' | 'update' | 'delete'
  readonly roles: readonly string[]
  readonly using?: string
  readonly check?: string
}

/**
 * Who sees and changes which rows of a table, from owner, tenant, sharing and parent:
 *
 * | scope | sees | changes | deletes |
 * | --- | --- | --- | --- |
 * | own | own rows and shared ones, in the current tenant | own ones, and those shared for writing | own ones |
 * | tenant | all of the current tenant | the same | the same |
 * | all | everything | everything | everything |
 *
 * A row is always made in the current tenant and for oneself. A table with a tenant and no owner belongs to the tenant: its
 * members read it, scope `tenant` writes it; one with neither is reference data, which scope `tenant` writes. A child follows
 * its parent. Without an identity there is nothing.
 */
export function policiesOf(
  table: TableDefinition,
  all: readonly TableDefinition[],
  backend: string,
): readonly Policy[] {
  const runtime = roleName({ name: backend }, 'runtime')
  const readers = [runtime, roleName({ name: backend }, 'readonly')]
  const named = (command: Policy['command'], rest: Pick<Policy, 'using' | 'check'>): Policy => ({
    name: `${table.name}_${command}`,
    command,
    roles: command === 'select' ? readers : [runtime],
    ...rest,
  })
  const subject: Subject = { table, alias: table.name, all }
  const write = print(writable(subject))
  return [
    named('select', { using: print(readable(subject)) }),
    named('insert', { check: print(insertable(subject)) }),
    ...(grantsOf(table, backend).update.length === 0 ? [] : [named('update', { using: write, check: write })]),
    named('delete', { using: print(deletable(subject)) }),
  ]
}

/** Statements that put a table's policies in place, whatever stood before under these names. */
export function policySql(table: TableDefinition, policies: readonly Policy[]): readonly string[] {
  const on = `app.${identifier(table.name)}`
  return policies.flatMap(({ name, command, roles, using, check }) => [
    `drop policy if exists ${identifier(name)} on ${on}`,
    [
      `create policy ${identifier(name)} on ${on} for ${command} to ${roles.map(identifier).join(', ')}`,
      ...(using === undefined ? [] : [`  using (${indent(using)})`]),
      ...(check === undefined ? [] : [`  with check (${indent(check)})`]),
    ].join('\n'),
  ])
}

interface Subject {
  readonly table: TableDefinition
  readonly alias: string
  readonly all: readonly TableDefinition[]
}

/** A condition: text, or conditions joined. */
type Condition = string | { readonly join: 'and' | 'or'; readonly parts: readonly Condition[] }

const and = (...parts: readonly Condition[]): Condition => ({ join: 'and', parts })
const or = (...parts: readonly Condition[]): Condition => ({ join: 'or', parts })

// Scalar sub-selects, so that each is evaluated once a statement and not once a row.
const ACCOUNT = '(select holdfast.account_id())'
const TENANT = '(select holdfast.tenant_id())'
const SIGNED_IN = `${ACCOUNT} is not null`
const EVERYTHING = "(select holdfast.scope()) = 'all'"
const WHOLE_TENANT = "(select holdfast.scope()) = 'tenant'"

function readable({ table, alias, all }: Subject): Condition {
  const { owner, tenant } = table
  if (table.parent !== undefined) return parentIs({ table, alias, all }, undefined)
  const theirs =
    owner === undefined
      ? undefined
      : or(mine(alias, owner), ...shared({ table, alias, all }, undefined), ...sharedWithMe({ table, alias, all }))
  if (tenant === undefined) return theirs === undefined ? SIGNED_IN : and(SIGNED_IN, or(EVERYTHING, theirs))
  return and(
    SIGNED_IN,
    or(EVERYTHING, theirs === undefined ? here(alias, tenant) : and(here(alias, tenant), or(WHOLE_TENANT, theirs))),
  )
}

function writable(subject: Subject): Condition {
  const { table, alias } = subject
  const { owner, tenant } = table
  if (table.parent !== undefined) return parentIs(subject, writable)
  const theirs = owner === undefined ? undefined : or(mine(alias, owner), ...shared(subject, 'write'))
  return scoped(alias, tenant, theirs)
}

function deletable(subject: Subject): Condition {
  const { table, alias } = subject
  if (table.parent !== undefined) return parentIs(subject, writable)
  return scoped(alias, table.tenant, table.owner === undefined ? undefined : mine(alias, table.owner))
}

function insertable(subject: Subject): Condition {
  const { table, alias } = subject
  const { owner, tenant } = table
  if (table.parent !== undefined) return parentIs(subject, writable)
  if (owner === undefined) return scoped(alias, tenant, undefined)
  return and(SIGNED_IN, ...(tenant === undefined ? [] : [here(alias, tenant)]), mine(alias, owner))
}

/** Everything at scope `all`; otherwise in this tenant, and there either all of it at scope `tenant` or what is `theirs`. */
function scoped(alias: string, tenant: string | undefined, theirs: Condition | undefined): Condition {
  if (tenant === undefined) return and(SIGNED_IN, or(EVERYTHING, theirs ?? WHOLE_TENANT))
  return and(
    SIGNED_IN,
    or(EVERYTHING, and(here(alias, tenant), theirs === undefined ? WHOLE_TENANT : or(WHOLE_TENANT, theirs))),
  )
}

const qualified = (alias: string, column: string): string => `${identifier(alias)}.${identifier(column)}`
const mine = (alias: string, owner: string): string => `${qualified(alias, owner)} = ${ACCOUNT}`
const here = (alias: string, tenant: string): string => `${qualified(alias, tenant)} = ${TENANT}`

/** A share of this row was given to me. Its own policy shows me those, without asking this table again. */
function shared({ table, alias }: Subject, access: 'write' | undefined): readonly Condition[] {
  if (table.sharedThrough === undefined) return []
  const id = table.columns.find((column) => column.primary)?.name ?? 'id'
  const share = table.sharedThrough
  const conditions = [
    `${qualified(share, table.name)} = ${qualified(alias, id)}`,
    `${qualified(share, 'grantee')} = ${ACCOUNT}`,
    ...(access === undefined ? [] : [`${qualified(share, 'access')} = '${access}'`]),
  ]
  return [`exists (select from app.${identifier(share)} where ${conditions.join(' and ')})`]
}

/** Rows of a share table are also for who was given the share. */
function sharedWithMe({ table, alias, all }: Subject): readonly Condition[] {
  return all.some((other) => other.sharedThrough === table.name) ? [`${qualified(alias, 'grantee')} = ${ACCOUNT}`] : []
}

/** The row it hangs on is visible (row-level security of the parent sees to that) and, where asked, more than that. */
function parentIs(subject: Subject, more: ((parent: Subject) => Condition) | undefined): Condition {
  const { table, alias, all } = subject
  const parent = all.find((other) => other.name === table.parent?.table)
  const id = parent?.columns.find((column) => column.primary)?.name
  if (parent === undefined || id === undefined || table.parent === undefined) return 'false'
  const joined = `${qualified(parent.name, id)} = ${qualified(alias, table.parent.column)}`
  const condition = more === undefined ? joined : print(and(joined, more({ table: parent, alias: parent.name, all })))
  return and(SIGNED_IN, `exists (select from app.${identifier(parent.name)} where ${indent(condition).trimStart()})`)
}

function print(condition: Condition): string {
  if (typeof condition === 'string') return condition
  const { join, parts } = condition
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return print(only)
  return parts
    .map((part) =>
      typeof part === 'string' || part.parts.length === 1 || part.join === join
        ? print(part)
        : `(\n${indented(print(part))}\n)`,
    )
    .join(`\n${join} `)
}

/** A condition within brackets: on one line where it is short. */
const indent = (text: string): string => (text.includes('\n') ? `\n${indented(text, 4)}\n  ` : text)
const indented = (text: string, by = 2): string => text.replaceAll(/^/gm, ' '.repeat(by))

import type { Principal } from '../../../kernel/principal.ts'
import { Refusal, StartRefusal } from '../../../kernel/refusal.ts'
import type { JsonSchema } from '../../../kernel/surface.ts'
import { Answer, type BackendDefinition, type RouteDefinition } from '../../../platform/declaration/definition.ts'

/**
 * Which columns of a table somebody reads and writes, by role. A table without rules is open to whoever may call the route. On
 * a table with rules, a role that is not named reads and writes nothing of it, a named one without a list reads or writes
 * all, and several roles (inherited ones too) add up. A role is of effect only at the assurance it asks for.
 */
export interface FieldControl {
  /** The columns, or `all`. */
  fieldsFor(principal: Principal | null, table: string, use: 'read' | 'write'): ReadonlySet<string> | 'all'
  /**
   * A reply about a table without the columns that are not readable, wherever in it they stand by their names. The value itself is left as it
   * is; where nothing has to go, it is given back.
   */
  filterReadable(principal: Principal | null, table: string, value: unknown): unknown
  /**
   * @throws {@link Refusal} `permission-missing` naming the properties of the body, at every depth, that are columns and not writable.
   */
  refuseUnwritable(principal: Principal | null, table: string, body: unknown): void
  /**
   * The handler of a route with both around it: what the composition root calls. It is the route's own where no rule is
   * about its `object`.
   */
  withFields(route: FieldRoute): RouteDefinition['handler']
}

/** What of a route field rules need to know. */
export type FieldRoute = Pick<RouteDefinition, 'object' | 'handler'>

type FieldDefinition = Pick<BackendDefinition, 'tables' | 'roles' | 'fields' | 'routes'>

/**
 * @param lineageOf - roles and all they inherit from, as the database has them now.
 *
 * @throws {@link StartRefusal} where a rule names a table, role or column that is not declared, or a reply requires a
 * column that not everybody who may call it can read.
 */
export function createFieldControl(
  definition: FieldDefinition,
  lineageOf: (roles: readonly string[]) => ReadonlySet<string>,
): FieldControl {
  checkFieldRules(definition)
  const columns = new Map(definition.tables.map((table) => [table.name, table.columns.map((column) => column.name)]))
  const rules = definition.fields ?? {}

  function fieldsFor(principal: Principal | null, table: string, use: 'read' | 'write'): ReadonlySet<string> | 'all' {
    const byRole = Object.hasOwn(rules, table) ? rules[table] : undefined
    if (byRole === undefined) return 'all'
    const fields = new Set<string>()
    for (const role of principal === null ? [] : lineageOf(principal.effectiveRoles)) {
      const rule = Object.hasOwn(byRole, role) ? byRole[role] : undefined
      if (rule === undefined) continue
      const list = use === 'read' ? rule.readable : rule.writable
      if (list === undefined) return 'all'
      for (const field of list) fields.add(field)
    }
    return fields
  }

  function closedTo(principal: Principal | null, table: string, use: 'read' | 'write'): ReadonlySet<string> {
    const open = fieldsFor(principal, table, use)
    return open === 'all' ? NONE : new Set((columns.get(table) ?? []).filter((column) => !open.has(column)))
  }

  function filterReadable(principal: Principal | null, table: string, value: unknown): unknown {
    const hidden = closedTo(principal, table, 'read')
    return hidden.size === 0 ? value : without(hidden, value, 0)
  }

  function refuseUnwritable(principal: Principal | null, table: string, body: unknown): void {
    if (body === null || typeof body !== 'object') return
    const closed = closedTo(principal, table, 'write')
    if (closed.size === 0) return
    const fields = placesOf(closed, body, 'body', 0).slice(0, MAX_TOLD)
    if (fields.length === 0) return
    throw new Refusal('permission-missing', undefined, {
      fields: fields.map((at) => ({ at, problem: 'you may not write this' })),
    })
  }

  return {
    fieldsFor,
    filterReadable,
    refuseUnwritable,
    withFields({ object, handler }) {
      if (object === undefined || !Object.hasOwn(rules, object)) return handler
      return async (context) => {
        refuseUnwritable(context.principal, object, context.body)
        const value = await handler(context)
        if (!(value instanceof Answer)) return filterReadable(context.principal, object, value)
        return new Answer(value.status, filterReadable(context.principal, object, value.body), value.headers)
      }
    },
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Replies are a few levels deep; one that is deeper was not looked through and must not go out. */
const MAX_DEPTH = 16

/** Fields that a refusal names. */
const MAX_TOLD = 20

/** Where in a body properties of these names stand. Bodies are no deeper than the parser lets them be. */
function placesOf(names: ReadonlySet<string>, value: unknown, at: string, depth: number): readonly string[] {
  if (value === null || typeof value !== 'object') return []
  if (depth > MAX_DEPTH) return [at]
  return Object.entries(value).flatMap(([name, part]) =>
    !Array.isArray(value) && names.has(name) ? [`${at}/${name}`] : placesOf(names, part, `${at}/${name}`, depth + 1),
  )
}

function without(hidden: ReadonlySet<string>, value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH)
    throw new Refusal('unexpected', undefined, { cause: new Error('a reply is too deep to filter') })
  if (Array.isArray(value)) return value.map((entry) => without(hidden, entry, depth + 1))
  if (!isPlain(value)) return value
  const kept = Object.entries(value).filter(([name]) => !hidden.has(name))
  return Object.fromEntries(kept.map(([name, entry]) => [name, without(hidden, entry, depth + 1)]))
}

/** Rows and what handlers build of them; dates, bytes and pages have a class of their own and no columns. */
function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function checkFieldRules(definition: FieldDefinition): void {
  for (const [tableName, byRole] of Object.entries(definition.fields ?? {})) {
    const where = `fields.${tableName}`
    const table = definition.tables.find((candidate) => candidate.name === tableName)
    if (table === undefined) throw new StartRefusal(where, 'is not a declared table')
    const restricted = new Set<string>()
    for (const [role, rule] of Object.entries(byRole)) {
      if (!Object.hasOwn(definition.roles, role)) throw new StartRefusal(`${where}.${role}`, 'is not a declared role')
      for (const column of [...(rule.readable ?? []), ...(rule.writable ?? [])]) {
        if (!table.columns.some((declared) => declared.name === column)) {
          throw new StartRefusal(`${where}.${role}`, `names ${column}, which is no column of ${tableName}`)
        }
      }
      for (const { name } of rule.readable === undefined ? [] : table.columns) {
        if (!rule.readable?.includes(name)) restricted.add(name)
      }
    }
    for (const route of definition.routes.filter((candidate) => candidate.object === tableName)) {
      for (const contract of Object.values(route.schema.response)) {
        const column = typeof contract === 'string' ? undefined : requiredAmong(contract, restricted, 0)
        if (column !== undefined) {
          throw new StartRefusal(
            `route ${route.method} ${route.path}`,
            `its reply requires ${column}, which not every role may read; make it optional`,
          )
        }
      }
    }
  }
}

/** The first restricted column that a schema requires at any depth. */
function requiredAmong(schema: unknown, restricted: ReadonlySet<string>, depth: number): string | undefined {
  if (schema === null || typeof schema !== 'object' || depth > MAX_DEPTH) return undefined
  const required = (schema as JsonSchema).required
  const found = Array.isArray(required) ? required.find((name) => restricted.has(name)) : undefined
  if (typeof found === 'string') return found
  for (const part of Object.values(schema)) {
    const deeper = requiredAmong(part, restricted, depth + 1)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

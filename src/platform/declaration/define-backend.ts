import { StartRefusal } from '../../kernel/refusal.ts'
import type { BackendDefinition, FieldRules, TableDefinition } from './definition.ts'
import { shareTable } from './describe-table.ts'
import { collectJobs, type JobsApp } from './jobs.ts'
import { type BuiltInPermission, type RoleDeclaration, resolvePermissions, resolveRoles } from './permissions.ts'
import { type App, collectRoutes } from './routes.ts'
import type { AnyTable, DatabaseOf } from './table.ts'
import { refuseUnknown } from './unknown-option.ts'

export interface BackendDeclaration<
  Tables extends readonly AnyTable[],
  Permissions extends Readonly<Record<string, string>>,
> {
  /** Lower-case letters, digits and `-`: the prefix of the database's roles. */
  readonly name: string
  /** For people. Default: the name with a capital. */
  readonly title?: string
  readonly tables: Tables
  /** `thing:action` → what it allows, in words. */
  readonly permissions: Permissions
  /** What each role grants. owner, admin and auditor are built in; member is what is said here. */
  readonly roles: Readonly<Record<string, RoleDeclaration<(keyof Permissions & string) | BuiltInPermission>>>
  routes(app: App<DatabaseOf<Tables>, (keyof Permissions & string) | BuiltInPermission>): void
  /** What is done in the background: `app.job(remind, async ({ payload, db }) => …)`. */
  jobs?(app: JobsApp<DatabaseOf<Tables>>): void
  /** Which columns each role reads and writes; applies to routes that name the table as their `object`. */
  readonly fields?: FieldRules
  /** Folder of the application's own migrations, as a path. Default `migrations`, from where the process runs. */
  readonly migrations?: string
  /** Whether visitors may make accounts. Default `open`. */
  readonly signUp?: 'open' | 'invitation'
  readonly navigation?: readonly { readonly href: string; readonly label: string }[]
}

/**
 * A backend as a value: nothing runs until it is started, checked or tested.
 *
 * @throws StartRefusal with one line that says where, for whatever the declaration lacks or gets wrong.
 */
export function defineBackend<
  const Tables extends readonly AnyTable[],
  const Permissions extends Readonly<Record<string, string>>,
>(declaration: BackendDeclaration<Tables, Permissions>): BackendDefinition {
  const { name, signUp = 'open' } = declaration
  refuseUnknown('backend', declaration, OPTIONS)
  if (signUp !== 'open' && signUp !== 'invitation') throw new StartRefusal('backend', 'signUp is open or invitation')
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name))
    throw new StartRefusal('backend', 'its name has up to 30 lower-case letters, digits and -')
  for (const [table, byRole] of Object.entries(declaration.fields ?? {})) {
    for (const [role, rule] of Object.entries(byRole)) {
      refuseUnknown(`fields.${table}.${role}`, rule, { readable: true, writable: true })
    }
  }
  for (const { href, label } of declaration.navigation ?? []) {
    if (!/^\/[\x21-\x7e]*$/.test(href) || label.trim() === '')
      throw new StartRefusal(`navigation ${label}`, 'needs a path and a label')
  }
  const permissions = resolvePermissions(declaration.permissions)
  return Object.freeze({
    name,
    title: declaration.title ?? name.charAt(0).toUpperCase() + name.slice(1),
    tables: orderTables(declaration.tables.map((each) => each.definition)),
    permissions,
    roles: resolveRoles(declaration.roles, permissions),
    routes: collectRoutes<DatabaseOf<Tables>, (keyof Permissions & string) | BuiltInPermission>(
      (app) => declaration.routes(app),
      { permissions: Object.keys(permissions), builtIn: false, tables: declaration.tables.map((each) => each.name) },
    ),
    ...(declaration.jobs === undefined
      ? {}
      : { jobs: collectJobs<DatabaseOf<Tables>>((app) => declaration.jobs?.(app)) }),
    ...(declaration.fields === undefined ? {} : { fields: declaration.fields }),
    migrations: declaration.migrations ?? 'migrations',
    signUp,
    navigation: declaration.navigation ?? [],
  })
}

/** With the share tables, each after what it references. */
function orderTables(declared: readonly TableDefinition[]): readonly TableDefinition[] {
  const tables = new Map<string, TableDefinition>()
  for (const each of declared) {
    const made = each.sharedThrough === undefined ? [each] : [each, shareTable(each, each.sharedThrough)]
    for (const one of made) {
      if (tables.has(one.name)) throw new StartRefusal(`table ${one.name}`, 'is declared twice')
      tables.set(one.name, one)
    }
  }
  for (const each of tables.values()) tables.set(each.name, followParent(each, tables))
  for (const each of tables.values()) checkReferences(each, tables)
  const ordered = new Set<TableDefinition>()
  const place = (each: TableDefinition, path: readonly string[]): void => {
    if (path.includes(each.name))
      throw new StartRefusal(`table ${each.name}`, `references itself over ${path.join(', ')}`)
    if (ordered.has(each)) return
    for (const name of referenced(each)) {
      const target = tables.get(name)
      if (target !== undefined && target !== each) place(target, [...path, each.name])
    }
    ordered.add(each)
  }
  for (const each of tables.values()) place(each, [])
  return [...ordered]
}

const referenced = (each: TableDefinition): string[] => [
  ...each.definitions.flatMap((definition) => (definition.references ? [definition.references.table] : [])),
  ...(each.parent ? [each.parent.table] : []),
]

function checkReferences(each: TableDefinition, tables: ReadonlyMap<string, TableDefinition>): void {
  for (const { name, sqlType, references } of each.definitions) {
    if (references === undefined || references.table.startsWith('holdfast.')) continue
    const where = `table ${each.name}.${name}`
    const target = tables.get(references.table)
    if (target === undefined) throw new StartRefusal(where, `references ${references.table}, which is not declared`)
    const definition = target.definitions.find((candidate) => candidate.name === references.column)
    const keys = target.columns.filter((candidate) => candidate.primary)
    const identifies = definition?.unique || (keys.length === 1 && keys[0]?.name === references.column)
    if (definition === undefined || !identifies)
      throw new StartRefusal(where, `references ${references.table}.${references.column}, which is no key`)
    if (target.tenant !== undefined && each.tenant === undefined && each.parent?.table !== target.name)
      throw new StartRefusal(where, `references ${target.name}, which belongs to tenants, from a table that does not`)
    if (definition.sqlType !== sqlType)
      throw new StartRefusal(
        where,
        `references ${references.table}.${references.column}, which is ${definition.sqlType}`,
      )
  }
}

/** Points the parent's column at the parent's key. */
function followParent(each: TableDefinition, tables: ReadonlyMap<string, TableDefinition>): TableDefinition {
  const hangsOn = each.parent
  if (hangsOn === undefined) return each
  const where = `table ${each.name}`
  const parent = tables.get(hangsOn.table)
  if (parent === undefined) throw new StartRefusal(where, `hangs on ${hangsOn.table}, which is not declared`)
  if (parent === each) throw new StartRefusal(where, 'hangs on itself')
  const keys = parent.columns.filter((candidate) => candidate.primary)
  const [key] = keys
  if (keys.length !== 1 || key?.type !== 'uuid')
    throw new StartRefusal(where, `hangs on ${parent.name}, whose primary key is not one uuid`)
  return {
    ...each,
    definitions: each.definitions.map((definition) =>
      definition.name === hangsOn.column && definition.references === undefined
        ? { ...definition, references: { table: parent.name, column: key.name, onDelete: 'cascade' as const } }
        : definition,
    ),
  }
}

const OPTIONS: Readonly<Record<keyof BackendDeclaration<[], Readonly<Record<string, string>>>, true>> = {
  name: true,
  title: true,
  tables: true,
  permissions: true,
  roles: true,
  routes: true,
  fields: true,
  migrations: true,
  signUp: true,
  navigation: true,
  jobs: true,
}

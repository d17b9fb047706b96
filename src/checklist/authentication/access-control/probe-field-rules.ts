import type { Surface, SurfaceRoute } from '../../../kernel/surface.ts'

type Ruled = Pick<Surface, 'fields' | 'tables'>

/** Columns of a table that a role may not use; none where no rule is about the table. */
export function closedTo(surface: Ruled, table: string, role: string, use: 'readable' | 'writable'): readonly string[] {
  const { fields } = surface
  if (fields === undefined || !Object.hasOwn(fields, table)) return []
  const byRole = fields[table] ?? {}
  const open = (Object.hasOwn(byRole, role) ? byRole[role]?.[use] : undefined) ?? []
  const columns = surface.tables.find(({ name }) => name === table)?.columns ?? []
  return columns.map(({ name }) => name).filter((name) => !open.includes(name))
}

/** What a role may not write of the columns that a body names. Such a body is refused before anything of it is looked up. */
export function unwritable(
  surface: Ruled,
  route: Pick<SurfaceRoute, 'object'>,
  role: string,
  named: readonly string[],
): readonly string[] {
  if (route.object === undefined || named.length === 0) return []
  const closed = closedTo(surface, route.object, role, 'writable')
  return named.filter((name) => closed.includes(name))
}

/** Names of all properties, at every depth. */
export function namesOf(body: unknown): readonly string[] {
  const names = new Set<string>()
  const take = (value: unknown): void => {
    if (Array.isArray(value)) for (const entry of value) take(entry)
    else if (typeof value === 'object' && value !== null) {
      for (const [name, entry] of Object.entries(value)) {
        names.add(name)
        take(entry)
      }
    }
  }
  take(body)
  return [...names]
}

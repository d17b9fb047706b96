import type { Surface } from '../kernel/surface.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'

type Declared = Pick<BackendDefinition, 'roles' | 'tables' | 'fields'>

/** What each role reads and writes of the tables with field rules, by declaration; apart from the control that enforces it. */
export function declaredFields(definition: Declared): NonNullable<Surface['fields']> {
  return Object.fromEntries(
    Object.entries(definition.fields ?? {}).map(([table, byRole]) => {
      const columns = definition.tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? []
      const open = (role: string, use: 'readable' | 'writable'): readonly string[] => {
        const rules = lineage(definition, role).flatMap((one) => (Object.hasOwn(byRole, one) ? [byRole[one]] : []))
        return columns.filter((column) => rules.some((rule) => rule?.[use] === undefined || rule[use].includes(column)))
      }
      const roles = Object.keys(definition.roles).map((role) => [
        role,
        { readable: open(role, 'readable'), writable: open(role, 'writable') },
      ])
      return [table, Object.fromEntries(roles)]
    }),
  )
}

/** A role and all it inherits from. */
const lineage = (definition: Pick<Declared, 'roles'>, role: string): readonly string[] => [
  role,
  ...(definition.roles[role]?.inherits ?? []).flatMap((parent) => lineage(definition, parent)),
]

import type { DatabaseConnection } from '../../kernel/vantage.ts'
import type { BackendDefinition } from '../declaration/definition.ts'

/**
 * Writes the declared roles over what stands of them; custom roles are left alone. A declared role that is gone from the
 * declaration loses its grants but keeps its name, so that nobody's account breaks and nobody gains by it.
 *
 * @param owner - connected as the owner role.
 */
export async function writeDeclaredRoles(
  owner: DatabaseConnection,
  { roles }: Pick<BackendDefinition, 'roles'>,
): Promise<void> {
  for (const [name, { grants, inherits }] of Object.entries(roles)) {
    await owner.query(WRITE, [name, grants, inherits])
  }
  await owner.query(
    `update holdfast.role set grants = '{}', inherits = '{}'
     where origin = 'declared' and name <> all ($1::text[]) and (grants <> '{}' or inherits <> '{}')`,
    [Object.keys(roles)],
  )
}

/** Touches nothing that stands already, since each touch is announced to all nodes. */
const WRITE = `
insert into holdfast.role (name, origin, grants, inherits) values ($1, 'declared', $2, $3)
on conflict (name) do update set origin = 'declared', grants = excluded.grants, inherits = excluded.inherits
where (role.origin, role.grants, role.inherits) is distinct from ('declared', excluded.grants, excluded.inherits)`

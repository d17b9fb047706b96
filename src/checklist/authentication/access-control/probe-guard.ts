import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { type Caller, callerOf, rolePaths, rolesOf, storedRole } from './probe-people.ts'

/** The rules for changing who may do what. Each runs in a twin of its own: it changes who the identities are. */
export const guardClaims: readonly Claim[] = [
  {
    id: 'grant-guard',
    says: 'Nobody grants, defines or gives themselves what they do not hold.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'curl -k -b cookies-of-somebody-with-role:manage -X PUT https://localhost:3443/admin/users/ID/roles/owner',
    prove: proveGrants,
  },
  {
    id: 'last-owner',
    says: 'The last owner keeps the role and stays in use, also when two leave at the same moment.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand: 'curl -k -b cookies-of-the-only-owner -X DELETE https://localhost:3443/admin/users/OWN-ID/roles/owner',
    prove: proveLastOwner,
  },
]

async function proveGrants(context: ProbeContext): Promise<void> {
  const path = rolePaths(context)
  const owner = await callerOf(context, context.identity('owner'))
  const target = context.identity('member')
  // Who may change roles proves a second factor, which an auditor has.
  const stewardIs = context.identity('auditor', 'A', 2)

  const made = await owner.tell('PUT', path.role('steward'), {
    grants: ['role:manage', 'role:read', 'user:read'],
    inherits: [],
  })
  context.expect('positive', 'an owner defines a role of what they hold', made, '204')
  context.expect('positive', 'an owner grants it', await owner.tell('PUT', path.held(stewardIs, 'steward')), '204')
  context.expect('positive', 'it stands', await rolesOf(context, stewardIs), 'auditor, steward')
  const steward = await callerOf(context, stewardIs)
  context.expect(
    'positive',
    'who manages roles grants a role they hold',
    await steward.tell('PUT', path.held(target, 'steward')),
    '204',
  )
  context.expect('positive', 'it stands', await rolesOf(context, target), 'member, steward')

  for (const role of rolesBeyond(context, ['auditor'], ['role:manage', 'role:read', 'user:read'])) {
    context.expect(
      'negative',
      `they grant ${role}, which holds more`,
      await steward.tell('PUT', path.held(target, role)),
      '403 grant-beyond-own',
    )
    context.expect(
      'negative',
      `they grant ${role} to themselves`,
      await steward.tell('PUT', path.held(stewardIs, role)),
      '403 grant-beyond-own',
    )
  }
  context.expect('negative', 'roles after these grants', await rolesOf(context, target), 'member, steward')
  context.expect('negative', 'their own roles after them', await rolesOf(context, stewardIs), 'auditor, steward')

  for (const [what, body] of [
    ['a permission they do not hold', { grants: ['user:manage'], inherits: [] }],
    ['a permission that reaches further than theirs', { grants: ['role:manage@all'], inherits: [] }],
    ['what an owner has, by inheritance', { grants: [], inherits: ['owner'] }],
  ] as const) {
    context.expect(
      'negative',
      `they define a role with ${what}`,
      await steward.tell('PUT', path.role('more'), body),
      '403 grant-beyond-own',
    )
    context.expect(
      'negative',
      `they put into a role of their own ${what}`,
      await steward.tell('PUT', path.role('steward'), body),
      '403 grant-beyond-own',
    )
  }
  context.expect('negative', 'the role after that', await storedRole(context, 'more'), 'none')
  context.expect(
    'negative',
    'their role after that',
    await storedRole(context, 'steward'),
    '["role:manage", "role:read", "user:read"] inherits []',
  )

  await proveOthersRoles(context, owner, steward)

  const before = await storedRole(context, 'member')
  context.expect(
    'negative',
    'an owner changes a declared role',
    await owner.tell('PUT', path.role('member'), { grants: ['role:manage'], inherits: [] }),
    '409 conflict',
  )
  context.expect(
    'negative',
    'an owner removes a declared role',
    await owner.tell('DELETE', path.role('member')),
    '409 conflict',
  )
  context.expect('negative', 'the declared role after that', await storedRole(context, 'member'), before)
  context.expect(
    'negative',
    'they take the role of an owner away',
    await steward.tell('DELETE', path.held(owner.identity, 'owner')),
    '403 grant-beyond-own',
  )
}

/** Roles that somebody else made and others have: what they come to is not raised, taken apart or passed on by who holds less. */
async function proveOthersRoles(context: ProbeContext, owner: Caller, steward: Caller): Promise<void> {
  const path = rolePaths(context)
  const holder = await callerOf(context, context.identity('member', 'A', 2))
  const made: readonly (readonly [string, object])[] = [
    ['base', { grants: ['role:read'], inherits: [] }],
    ['heir', { grants: [], inherits: ['base'] }],
    ['keeper', { grants: ['user:manage'], inherits: [] }],
  ]
  for (const [name, body] of made)
    context.expect('positive', `an owner makes the role ${name}`, await owner.tell('PUT', path.role(name), body), '204')
  context.expect(
    'positive',
    'somebody is given heir',
    await owner.tell('PUT', path.held(holder.identity, 'heir')),
    '204',
  )
  context.expect('positive', 'who has heir holds what base grants', await holder.tell('GET', '/admin/roles'), '200')

  const stood = await storedRoles(context, made)
  for (const [what, method, name, body] of [
    [
      'put what they lack into base, on which others’ roles are built',
      'PUT',
      'base',
      { grants: ['user:manage'], inherits: [] },
    ],
    ['let base inherit what they lack', 'PUT', 'base', { grants: ['role:read'], inherits: ['keeper'] }],
    [
      'put into heir, which others have, a role that reaches further',
      'PUT',
      'heir',
      { grants: [], inherits: ['keeper'] },
    ],
    ['take apart keeper, which reaches further than they do', 'PUT', 'keeper', { grants: [], inherits: [] }],
    ['remove keeper', 'DELETE', 'keeper', undefined],
    ['make a role out of keeper', 'PUT', 'more', { grants: [], inherits: ['keeper'] }],
  ] as const)
    context.expect(
      'negative',
      `they ${what}`,
      await steward.tell(method, path.role(name), body),
      '403 grant-beyond-own',
    )
  const circle = await owner.tell('PUT', path.role('base'), { grants: [], inherits: ['heir'] })
  context.expect('negative', 'an owner lets base inherit from what inherits from it', circle, '400 input-invalid')
  context.expect('negative', 'the roles after that', await storedRoles(context, made), stood)
  context.expect('negative', 'a role made of them', await storedRole(context, 'more'), 'none')

  for (const name of ['heir', 'base'])
    context.expect(
      'negative',
      `${name} is removed, which is in use`,
      await owner.tell('DELETE', path.role(name)),
      '409 conflict',
    )
  const emptied = await steward.tell('PUT', path.role('base'), { grants: [], inherits: [] })
  context.expect('positive', 'they take from base what they hold', emptied, '204')
  const lost = await holder.tell('GET', '/admin/roles')
  context.expect('negative', 'who has heir asks for it once more', lost, '403 permission-missing')
  context.expect('positive', 'heir is taken', await owner.tell('DELETE', path.held(holder.identity, 'heir')), '204')
  for (const name of ['heir', 'keeper', 'base'])
    context.expect(
      'positive',
      `${name} is removed, which nobody needs`,
      await owner.tell('DELETE', path.role(name)),
      '204',
    )
}

const storedRoles = async (context: ProbeContext, roles: readonly (readonly [string, object])[]): Promise<string> =>
  (await Promise.all(roles.map(([name]) => storedRole(context, name)))).join('; ')

/** Roles of the surface that hold something that the given roles and permissions together do not. */
function rolesBeyond(context: ProbeContext, roles: readonly string[], more: readonly string[]): readonly string[] {
  const held = new Map(roles.flatMap((role) => Object.entries(context.surface.roles[role] ?? {})))
  const known = new Set([...held.keys(), ...more])
  return Object.entries(context.surface.roles)
    .filter(([, permissions]) => Object.keys(permissions).some((permission) => !known.has(permission)))
    .map(([role]) => role)
}

async function proveLastOwner(context: ProbeContext): Promise<void> {
  const path = rolePaths(context)
  const all = context.identities.filter(({ role }) => role === 'owner')
  const [firstIs, secondIs] = all
  if (firstIs === undefined || secondIs === undefined) throw new Unproved('fewer than two owners')
  // The backend may know owners that this claim does not: they are no part of what is counted.
  await context.database.admin.query(
    "delete from holdfast.account_role where role = 'owner' and account_id <> all($1::uuid[])",
    [all.map(({ accountId }) => accountId)],
  )
  const first = await callerOf(context, firstIs)
  for (const other of all.slice(1)) {
    context.expect(
      'positive',
      'an owner takes the role from another one',
      await first.tell('DELETE', path.held(other, 'owner')),
      '204',
    )
  }
  context.expect('positive', 'owners left', await owners(context), 1)
  context.expect(
    'negative',
    'the last one gives the role up',
    await first.tell('DELETE', path.held(firstIs, 'owner')),
    '409 last-owner',
  )
  const disabling = `/admin/users/${firstIs.accountId}/disabled`
  if (
    context.surface.routes.some(({ method, path: known }) => method === 'PUT' && known === '/admin/users/:id/disabled')
  ) {
    context.expect(
      'negative',
      'the last one is put out of use',
      await first.tell('PUT', disabling, { disabled: true }),
      '409 last-owner',
    )
  }
  context.expect('negative', 'owners in use after that', await owners(context), 1)

  await together(context, firstIs, secondIs)
}

/** Two owners leave on two nodes, held up right where each would write, so that both have judged before either has. */
async function together(context: ProbeContext, firstIs: TwinIdentity, secondIs: TwinIdentity): Promise<void> {
  const path = rolePaths(context)
  const { admin } = context.database
  await admin.query("insert into holdfast.account_role (account_id, role, granted_at) values ($1, 'owner', now())", [
    secondIs.accountId,
  ])
  const [first, second] = [await callerOf(context, firstIs), await callerOf(context, secondIs)]
  await admin.query('begin')
  let replies: Promise<readonly string[]>
  try {
    // Reading goes on, writing waits.
    await admin.query('lock table holdfast.account_role in share mode')
    replies = Promise.all([
      first.tell('DELETE', path.held(firstIs, 'owner'), undefined, 0),
      second.tell('DELETE', path.held(secondIs, 'owner'), undefined, 1),
    ])
    // Looked at below; a failure before that must not end the process.
    replies.catch(() => undefined)
    await bothWait(context)
  } finally {
    await admin.query('commit')
  }
  context.expect(
    'negative',
    'two owners give the role up at the same moment',
    [...(await replies)].sort().join(' and '),
    '204 and 409 last-owner',
  )
  context.expect('negative', 'owners left', await owners(context), 1)
}

async function bothWait(context: ProbeContext): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    const { rows } = await context.database.admin.query(
      'select count(distinct pid)::int as n from pg_locks where not granted and pid in (select pid from pg_stat_activity where datname = current_database())',
    )
    if (Number(rows[0]?.n) >= 2) return
    await sleep(50)
  }
}

async function owners(context: ProbeContext): Promise<number> {
  const { rows } = await context.database.admin.query(
    "select count(*)::int as n from holdfast.account_role r join holdfast.account a on a.id = r.account_id where r.role = 'owner' and a.disabled_at is null",
  )
  return Number(rows[0]?.n)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { seenIn } from './probe-judge.ts'
import { cellsOf, runCells } from './probe-matrix.ts'
import { callerOf, repeat, rolePaths } from './probe-people.ts'

/** What happens to permissions as roles change, and where they make no sense. */
export const changeClaims: readonly Claim[] = [
  {
    id: 'role-change',
    says: 'A changed role counts from the next request on, on every node within a second.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand:
      'curl -k -b cookies-of-an-owner -X DELETE https://localhost:3443/admin/users/ID/roles/ROLE, then call as that person',
    prove: proveRoleChange,
  },
  {
    id: 'unknown-grants',
    says: 'A role that names what is not declared, or inherits in a circle, grants nothing by it.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(7),
    exclusive: true,
    byHand:
      "as the administrator: update holdfast.role set grants = '{note:readall}' where name = 'member'; then call a route for note:read",
    prove: proveUnknownGrants,
  },
  {
    id: 'refusals-told',
    says: 'A refusal for lack of permission is a security event that says who lacked what.',
    level: 'required',
    needs: ['network', 'telemetry'],
    effect: 'writes',
    keeps: days(7),
    byHand: "select fields, account_id from holdfast.event_staging where name = 'authz_fail' order by n desc limit 1",
    prove: proveTold,
  },
]

async function proveRoleChange(context: ProbeContext): Promise<void> {
  const path = rolePaths(context)
  const route = '/admin/users'
  const owner = await callerOf(context, context.identity('owner'))
  const person = await callerOf(context, context.identity('member', 'A', 2))
  const there = await callerOf(context, context.identity('member', 'A', 2))
  const reader = { grants: ['user:read'], inherits: [] }
  context.expect(
    'positive',
    'a role that reads accounts is defined',
    await owner.tell('PUT', path.role('reader'), reader),
    '204',
  )

  const steps: readonly (readonly [string, () => Promise<string>, '200' | '403 permission-missing'])[] = [
    ['before it is granted', async () => '204', '403 permission-missing'],
    ['granted', () => owner.tell('PUT', path.held(person.identity, 'reader')), '200'],
    ['emptied', () => owner.tell('PUT', path.role('reader'), { grants: [], inherits: [] }), '403 permission-missing'],
    ['filled again', () => owner.tell('PUT', path.role('reader'), reader), '200'],
    ['taken away', () => owner.tell('DELETE', path.held(person.identity, 'reader')), '403 permission-missing'],
  ]
  for (const [what, change, expected] of steps) {
    const side = expected === '200' ? 'positive' : 'negative'
    context.expect('positive', `the role is ${what}`, await change(), '204')
    context.expect(side, `GET ${route} as them, next request, role ${what}`, await person.tell('GET', route), expected)
    context.expect(
      side,
      `GET ${route} as them on the other node within a second`,
      await soon(() => there.tell('GET', route, undefined, 1), expected),
      expected,
    )
  }
}

/** Asks until the answer is as expected, for as long as news may take to another node. */
async function soon(ask: () => Promise<string>, expected: string): Promise<string> {
  const deadline = performance.now() + NEWS_MILLISECONDS
  for (;;) {
    const saw = await ask()
    if (saw === expected || performance.now() > deadline) return saw
    await sleep(50)
  }
}

async function proveUnknownGrants(context: ProbeContext): Promise<void> {
  const path = rolePaths(context)
  const owner = await callerOf(context, context.identity('owner'))
  const who = context.identity('member', 'A', 2)
  for (const [what, grants] of [
    ['an undeclared permission', ['ghost:read']],
    ['a wildcard', ['*:*']],
    ['a scope that is none', ['user:read@world']],
  ] as const) {
    const reply = await owner.tell('PUT', path.role('ghost'), { grants, inherits: [] })
    context.expect('negative', `a role with ${what} is defined`, reply, '400 input-invalid')
  }

  // What no route lets in is put there past them, as an old release or a careless migration would have left it.
  const alike = context.surface.permissions.flatMap((permission) => [
    `${permission}all@all`,
    `${permission}-x@tenant`,
    permission.slice(0, -1),
  ])
  const { admin } = context.database
  const store = 'insert into holdfast.role (name, origin, grants, inherits) values ($1, $2, $3, $4)'
  await admin.query(store, [
    'odd',
    'custom',
    [...new Set([...alike, 'ghost:read@all'])].filter((grant) => !context.surface.permissions.includes(grant)),
    [],
  ])
  await admin.query(store, [
    'round',
    'custom',
    context.surface.permissions.map((permission) => `${permission}@all`),
    ['about'],
  ])
  await admin.query(store, ['about', 'custom', [], ['round']])
  await admin.query('delete from holdfast.account_role where account_id = $1', [who.accountId])
  for (const role of ['odd', 'round']) {
    await admin.query('insert into holdfast.account_role (account_id, role, granted_at) values ($1, $2, now())', [
      who.accountId,
      role,
    ])
  }
  context.expect(
    'positive',
    'another role is defined, which makes the nodes read all of them',
    await owner.tell('PUT', path.role('other'), { grants: [], inherits: [] }),
    '204',
  )
  await sleep(NEWS_MILLISECONDS)
  const cells = cellsOf(context, [who], ['own']).filter(({ route }) => route.access.kind === 'permission')
  await runCells(
    context,
    cells.map((cell) => ({ ...cell, expected: 'forbidden' as const })),
  )

  context.expect(
    'positive',
    'they are given a role that is understood',
    await owner.tell('PUT', path.held(who, 'member')),
    '204',
  )
  const person = await callerOf(context, who)
  const mine = context.surface.routes.find(
    ({ method, access, examples }) =>
      method === 'GET' &&
      examples !== undefined &&
      access.kind === 'permission' &&
      context.surface.roles.member?.[access.permission] !== undefined,
  )
  if (mine === undefined) throw new Unproved('members read nothing by permission')
  const request = await context.example(mine, { as: who, object: 'own' })
  context.expect(
    'positive',
    `GET ${mine.path} as them, after that`,
    seenIn(await repeat(person, request), mine),
    'allowed',
  )
}

async function proveTold(context: ProbeContext): Promise<void> {
  const member = context.identity('member')
  const route = context.surface.routes.find(
    ({ method, path, access }) =>
      method === 'GET' &&
      !path.includes(':') &&
      access.kind === 'permission' &&
      context.surface.roles.member?.[access.permission] === undefined,
  )
  if (route === undefined || route.access.kind !== 'permission') throw new Unproved('members are refused nothing')
  const { permission } = route.access
  const reply = await context.network.request({ path: route.path, as: member })
  context.expect('negative', `GET ${route.path} as ${member.name}`, reply.status, 403)
  const isIt = (event: {
    readonly name: string
    readonly accountId: string | null
    readonly fields: Readonly<Record<string, unknown>>
  }) => event.name === 'authz_fail' && event.accountId === member.accountId && event.fields.permission === permission
  const events = await context.telemetry.events((all) => all.some(isIt))
  context.expect(
    'negative',
    'the event about it',
    events.some(isIt) ? `authz_fail for ${permission}` : 'none',
    `authz_fail for ${permission}`,
  )

  const allowed = await context.network.request({ path: '/auth/session', as: member })
  context.expect('positive', `GET /auth/session as ${member.name}`, allowed.status, 200)
}

/** What "within a second" leaves. */
const NEWS_MILLISECONDS = 1_000

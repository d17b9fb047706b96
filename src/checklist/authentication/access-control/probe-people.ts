import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, NetworkRequest, ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import { shown } from './probe-judge.ts'

/** Somebody signed in, whose session is followed when it is replaced. */
export interface Caller {
  readonly identity: TwinIdentity
  call(method: string, path: string, body?: unknown, node?: 0 | 1): Promise<NetworkReply>
  /** A request as it is, with its header fields. */
  send(request: NetworkRequest): Promise<NetworkReply>
  /** What came of it, short: `204`, `403 grant-beyond-own`. */
  tell(method: string, path: string, body?: unknown, node?: 0 | 1): Promise<string>
}

/** Signs in now: the proof of who they are is fresh, and their roles are read anew. */
export async function callerOf(context: ProbeContext, identity: TwinIdentity): Promise<Caller> {
  let token = await context.network.signIn(identity)
  const send: Caller['send'] = async ({ as: _as, ...request }) => {
    const reply = await context.network.request({ ...request, token })
    if (reply.setToken) token = reply.setToken
    return reply
  }
  const call: Caller['call'] = (method, path, body, node = 0) =>
    send({ method, path, node, ...(body === undefined ? {} : { body }) })
  return { identity, call, send, tell: async (...request) => shown(await call(...request)) }
}

/** Sends an example's request as a caller. */
export const repeat = (caller: Caller, request: NetworkRequest): Promise<NetworkReply> => caller.send(request)

/** Paths of the routes that change roles. @throws Unproved where the backend has none. */
export function rolePaths(context: ProbeContext) {
  for (const path of ['/admin/users/:id/roles/:role', '/admin/roles/:role']) {
    if (!context.surface.routes.some((route) => route.method === 'PUT' && route.path === path))
      throw new Unproved(`no route PUT ${path}`)
  }
  return {
    held: (who: TwinIdentity, role: string): string => `/admin/users/${who.accountId}/roles/${role}`,
    role: (name: string): string => `/admin/roles/${name}`,
  }
}

/** Which roles an account has, as the database says. */
export async function rolesOf(context: ProbeContext, who: TwinIdentity): Promise<string> {
  const { rows } = await context.database.admin.query(
    'select role from holdfast.account_role where account_id = $1 order by role',
    [who.accountId],
  )
  return rows.map((row) => row.role).join(', ')
}

/** A role as stored, or `none`. */
export async function storedRole(context: ProbeContext, name: string): Promise<string> {
  const { rows } = await context.database.admin.query(
    'select to_jsonb(grants)::text as grants, to_jsonb(inherits)::text as inherits from holdfast.role where name = $1',
    [name],
  )
  const [row] = rows
  return row === undefined ? 'none' : `${row.grants} inherits ${row.inherits}`
}

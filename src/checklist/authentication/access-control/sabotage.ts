import type { FastifyInstance } from 'fastify'
import type { Principal, Scope } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { Authorize, GuardedRoute } from './authorize.ts'
import type { AccessControl } from './control.ts'

/** Mistakes people ship with roles and permissions. */
export const sabotages: readonly Sabotage<AccessControl>[] = [
  {
    name: 'unsafe-methods-forgotten',
    fault: 'The gate has a list of methods that it guards, and PATCH came later.',
    leaves: 'absent',
    caughtBy: ['anonymous'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize: (route) => (route.method === 'PATCH' ? letThrough : c.authorize(route)),
      }))
    },
  },
  {
    name: 'head-lets-through',
    fault: 'HEAD is for monitors and shows no body, so nobody is asked who they are.',
    leaves: 'present',
    caughtBy: ['anonymous'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            if (request.method !== 'HEAD') check(request)
          }
        },
      }))
    },
  },
  {
    name: 'fields-ignored',
    fault: 'Field rules are declared and read at the start, and the handlers are called without them.',
    leaves: 'present',
    caughtBy: ['fields'],
    plant(plan) {
      plan.control((c) => ({ ...c, withFields: ({ handler }) => handler }))
    },
  },
  {
    name: 'shares-kept',
    fault: 'Shares are kept for the record: a trigger turns their deletion into nothing.',
    leaves: 'present',
    caughtBy: ['shares', 'row-security'],
    plant(plan) {
      plan.sql(`create function app.keep() returns trigger language plpgsql as $$ begin return null; end $$;
        revoke execute on function app.keep() from public;
        do $$ declare share regclass; begin
          for share in select attrelid from pg_attribute a join pg_class c on c.oid = attrelid
            where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and attname = 'grantee'
          loop execute format('create trigger keep before delete on %s for each row execute function app.keep()', share); end loop;
        end $$`)
    },
  },
  {
    name: 'tenant-from-body',
    fault: 'People with several workspaces say in the body in which of them they work, and are believed.',
    leaves: 'present',
    caughtBy: ['tenant'],
    plant(plan) {
      plan.server((server) => {
        ;(server as FastifyInstance).addHook('preValidation', (request, _reply, done) => {
          const body = request.body as { tenantId?: string } | null | undefined
          if (typeof body?.tenantId === 'string' && request.principal !== null) {
            request.principal = { ...request.principal, tenantId: body.tenantId }
            delete body.tenantId
          }
          done()
        })
      })
    },
  },
  {
    name: 'signed-in-is-enough',
    fault: 'Whoever is signed in passes; the permission is looked up and not used.',
    leaves: 'present',
    caughtBy: ['permissions'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize: (route) =>
          c.authorize(
            route.access.kind === 'permission' ? { ...route, access: { ...route.access, kind: 'signed-in' } } : route,
          ),
      }))
    },
  },
  {
    name: 'permission-by-prefix',
    fault: 'Permissions are compared by what stands before the colon, so that reading something allows writing it.',
    leaves: 'present',
    caughtBy: ['auditor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize: (route) =>
          byPermission(c, route, (held, asked) =>
            [...held.keys()].some((one) => one.split(':')[0] === asked.split(':')[0]),
          ),
      }))
    },
  },
  {
    name: 'inheritance-upside-down',
    fault: 'Inheritance is followed the wrong way, so that members hold what administrators add.',
    leaves: 'present',
    caughtBy: ['permissions'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        permissionsOf: (roles) => c.permissionsOf(roles.includes('member') ? [...roles, 'admin'] : roles),
      }))
    },
  },
  {
    name: 'unknown-grants-all',
    fault: 'A role that holds anything that is not understood is taken for one from a newer release, and let through.',
    leaves: 'present',
    caughtBy: ['unknown-grants'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            const odd = c
              .problems()
              .some((problem) => request.principal?.roles.some((role) => problem.startsWith(`role ${role}:`)))
            if (!odd) check(request)
          }
        },
      }))
    },
  },
  {
    name: 'policy-lets-everything-through',
    fault: 'Row-level security is on and forced, with a policy somebody added for debugging: using (true).',
    leaves: 'present',
    caughtBy: ['row-security'],
    alsoBreaks: ['database/least-privilege'],
    plant(plan) {
      plan.sql(`do $$ declare t record; begin
        for t in select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relrowsecurity and n.nspname not in ('pg_catalog', 'information_schema', 'holdfast')
        loop execute format('create policy debug on %I.%I using (true) with check (true)', t.nspname, t.relname); end loop;
      end $$`)
    },
  },
  {
    name: 'tenant-scope-for-everybody',
    fault: 'Every statement runs with the scope of the tenant, whatever the permission says.',
    leaves: 'present',
    caughtBy: ['objects'],
    plant(plan) {
      plan.control((c) => ({ ...c, identityFor: (route, who) => ({ ...c.identityFor(route, who), scope: 'tenant' }) }))
    },
  },
  {
    name: 'service-account',
    fault: 'Statements run as an account that may see everything, since the handlers check anyway.',
    leaves: 'present',
    caughtBy: ['lists'],
    plant(plan) {
      plan.control((c) => ({ ...c, identityFor: (route, who) => ({ ...c.identityFor(route, who), scope: 'all' }) }))
    },
  },
  {
    name: 'refusal-tells-existence',
    fault: "Somebody else's object answers 403 and one that does not exist 404.",
    leaves: 'present',
    caughtBy: ['objects'],
    plant(plan) {
      // Each read is asked twice more inside: as it was asked, and with everything in sight.
      const everything = new WeakSet<Principal>()
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            check(request)
            if (request.principal === null || request.headers[LOOKING] !== 'everything') return
            request.principal = { ...request.principal }
            everything.add(request.principal)
          }
        },
        identityFor(route, who) {
          const identity = c.identityFor(route, who)
          return who !== null && everything.has(who) ? { ...identity, scope: 'all' } : identity
        },
      }))
      plan.server((server) => {
        const app = server as FastifyInstance
        app.addHook('onRequest', async (request, reply) => {
          const { method, url, headers } = request
          if (method !== 'GET' || headers[LOOKING] !== undefined || !UUID.test(url)) return
          const look = (how: string) => app.inject({ method, url, headers: { ...headers, [LOOKING]: how } })
          const found = await look('as-asked')
          if (found.statusCode !== 404 || (await look('everything')).statusCode !== 200) return
          await reply.code(403).type('application/problem+json').send(found.body)
        })
      })
    },
  },
  {
    name: 'last-owner-not-counted',
    fault: 'The rule about the last owner counts the owners including the one who leaves.',
    leaves: 'present',
    caughtBy: ['last-owner'],
    plant(plan) {
      plan.control((c) => c.guardedBy({ otherOwners: async () => 1 }))
    },
  },
  {
    name: 'last-owner-without-lock',
    fault: 'The owners are counted and then one is removed, with nothing to keep two from doing so at once.',
    leaves: 'present',
    caughtBy: ['last-owner'],
    plant(plan) {
      plan.control((c) => c.guardedBy({ lock: async () => undefined }))
    },
  },
  {
    name: 'grant-guard-by-name',
    fault: 'What may be granted is decided by the name of the role: anything but owner.',
    leaves: 'present',
    caughtBy: ['grant-guard'],
    plant(plan) {
      plan.control((c) =>
        c.guardedBy({ holdsAll: (actor, role) => actor.roles.includes('owner') || !role.roles.includes('owner') }),
      )
    },
  },
  {
    name: 'step-up-any-age',
    fault: 'A route that asks for a recent proof is content with any.',
    leaves: 'present',
    caughtBy: ['step-up'],
    plant(plan) {
      plan.control((c) => ({ ...c, authorize: (route) => c.authorize({ ...route, access: withoutStepUp(route) }) }))
    },
  },
  {
    name: 'auditor-may-write',
    fault: 'Checks are skipped for auditors, since they may see everything.',
    leaves: 'present',
    caughtBy: ['auditor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        authorize(route) {
          const check = c.authorize(route)
          return (request) => {
            if (!request.principal?.roles.includes('auditor')) check(request)
          }
        },
      }))
    },
  },
  {
    name: 'roles-remembered',
    fault: 'Roles are read at the start and remembered; whatever is changed later counts after the next restart.',
    leaves: 'present',
    caughtBy: ['role-change'],
    plant(plan) {
      const loaded = new WeakSet<object>()
      plan.control((c) => {
        const once = async (): Promise<void> => {
          if (loaded.has(c)) return
          loaded.add(c)
          await c.reload()
        }
        return { ...c, reload: once, rolesChanged: once }
      })
    },
  },
  {
    name: 'refused-in-silence',
    fault: 'The permission is checked by a helper that answers 403 and tells nobody.',
    leaves: 'present',
    caughtBy: ['refusals-told'],
    plant(plan) {
      plan.control((c) => ({ ...c, authorize: (route) => byPermission(c, route, (held, asked) => held.has(asked)) }))
    },
  },
]

const LOOKING = 'x-looking'
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/

const letThrough: Authorize = () => undefined

/** The check of a route with another comparison of permissions in it. */
function byPermission(
  control: AccessControl,
  route: GuardedRoute,
  holds: (held: ReadonlyMap<string, Scope>, asked: string) => boolean,
): Authorize {
  const { access } = route
  if (access.kind !== 'permission') return control.authorize(route)
  const signedIn = control.authorize({ ...route, access: { ...access, kind: 'signed-in' } })
  return (request) => {
    const who: Principal | null = request.principal
    if (who !== null && !holds(who.permissions, access.permission)) throw new Refusal('permission-missing')
    signedIn(request)
  }
}

function withoutStepUp({ access }: GuardedRoute): GuardedRoute['access'] {
  if (access.kind === 'permission') return { kind: 'permission', permission: access.permission }
  return access.kind === 'signed-in' ? { kind: 'signed-in' } : access
}

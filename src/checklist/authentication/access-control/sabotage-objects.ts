import type { FastifyInstance } from 'fastify'
import type { Principal } from '../../../kernel/principal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { AccessControl } from './control.ts'

/** Mistakes about whose rows and columns somebody reaches. */
export const objectSabotages: readonly Sabotage<AccessControl>[] = [
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
    name: 'members-cached-by-address',
    fault: 'The list of members is slow, and is kept for a while by its address, which is the same in every workspace.',
    leaves: 'present',
    caughtBy: ['own-lists'],
    plant(plan) {
      let kept: string | undefined
      plan.server((server) => {
        const app = server as FastifyInstance
        // Behind the permission: who may not see a list at all still does not.
        app.addHook('preHandler', async ({ method, url, headers }, reply) => {
          if (method !== 'GET' || url !== '/tenant/members' || headers[LOOKING] !== undefined) return
          if (kept === undefined) {
            const made = await app.inject({ method, url, headers: { ...headers, [LOOKING]: 'for-the-cache' } })
            if (made.statusCode !== 200) return
            kept = made.body
          }
          await reply.type('application/json').send(kept)
        })
      })
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
]

const LOOKING = 'x-looking'
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/

import type { FastifyInstance } from 'fastify'
import { createAccessControl, ROLES_CHANGED } from '../checklist/authentication/access-control/index.ts'
import { createGuessing } from '../checklist/authentication/enumeration-and-brute-force/index.ts'
import { createMultiFactor } from '../checklist/authentication/multi-factor/index.ts'
import { createSessions } from '../checklist/authentication/session-management/index.ts'
import { createStrongAuthentication } from '../checklist/authentication/strong-authentication/index.ts'
import { createValidation } from '../checklist/data/validation-and-encoding/index.ts'
import { createErrorHandling } from '../checklist/server/error-handling/index.ts'
import { createSecureConfiguration } from '../checklist/server/secure-configuration/index.ts'
import { uuidv7 } from '../kernel/id.ts'
import { pooledRandom } from '../kernel/pooled-random.ts'
import type { Assurance } from '../kernel/principal.ts'
import type { Surface } from '../kernel/surface.ts'
import { hours } from '../kernel/time.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import { createHttpServer } from '../platform/http/server.ts'
import { createApplicationJobs } from '../platform/jobs/index.ts'
import { Accounts } from './accounts.ts'
import { Administration } from './administration.ts'
import { type Controls, type Faults, NO_FAULTS } from './controls.ts'
import { outboxRoutes } from './pages/outbox-page.ts'
import { pageRoutes } from './pages/page-routes.ts'
import { passkeyPages } from './pages/passkey-pages.ts'
import { peoplePages } from './pages/people-pages.ts'
import { problemPage } from './pages/problem-page.ts'
import { shellOf } from './pages/shell.ts'
import type { BackendParts } from './parts.ts'
import { PasskeyKeeping } from './passkey-keeping.ts'
import { Passkeys } from './passkeys.ts'
import { openPasswordFilter } from './password-filter.ts'
import { ownDataRoutes } from './personal-data/own-data.ts'
import { readiness } from './readiness.ts'
import { registerRoutes } from './register.ts'
import { administrationRoutes } from './routes/administration-routes.ts'
import { challengeRoutes } from './routes/challenge-routes.ts'
import { factorRoutes } from './routes/factor-routes.ts'
import { healthRoutes } from './routes/health-routes.ts'
import { mailRoutes } from './routes/mail-routes.ts'
import { openApiRoute } from './routes/openapi-route.ts'
import { openIdRoutes } from './routes/openid-routes.ts'
import { passkeyRoutes } from './routes/passkey-routes.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { sessionLimits } from './session-limits.ts'
import { surfaceOf } from './surface.ts'
import { en } from './words/en/index.ts'

/** A backend, composed and not yet listening. */
export interface Backend {
  readonly controls: Controls
  readonly surface: Surface
  /** One Fastify instance per listener; both have all controls and routes. */
  readonly servers: readonly FastifyInstance[]
  /** Takes what the announcement channel says: see {@link BackendParts.channel}. */
  receive(payload: string): void
  /** Stops taking requests and answers what is in flight. What was passed in as parts stays open. */
  close(): Promise<void>
}

/** How a listener of a backend reaches its visitors. */
export interface Listener {
  /** PEM texts; `null` serves plain HTTP: loopback, or behind an edge that ends TLS. */
  readonly certificate: { readonly key: string; readonly cert: string } | null
}

/** Puts the controls together in the order a request meets them: see `checklist/order.ts`. */
export async function composeBackend(
  parts: BackendParts,
  listeners: readonly Listener[],
  faults: Faults = NO_FAULTS,
): Promise<Backend> {
  const { definition, configuration, clock, events, accounts } = parts
  const shell = shellOf(definition, parts.words ?? en)
  const { wrap } = faults
  const idRandom = pooledRandom(parts.random)

  const access = wrap(
    'authentication/access-control',
    createAccessControl({ accounts, definition, clock, events, channel: parts.channel }),
  )
  await access.reload()
  const serviceNames = [configuration.serviceName, definition.title, definition.name].filter((name) => name !== null)
  const factors = wrap(
    'authentication/multi-factor',
    createMultiFactor({
      accounts,
      sealer: parts.sealer,
      clock,
      random: parts.random,
      events,
      serviceName: serviceNames[0] ?? definition.name,
      resetWait: hours(configuration.factorResetHours),
      requiredBy: Object.keys(definition.roles).filter((role) => definition.roles[role]?.secondFactor === true),
      lineageOf: (roles) => access.lineageOf(roles),
      permissionsOf: (roles) => access.permissionsOf(roles),
    }),
  )
  const guessing = wrap(
    'authentication/enumeration-and-brute-force',
    createGuessing({ accounts, sealer: parts.sealer, clock, random: parts.random, events }),
  )
  const sessions = wrap(
    'authentication/session-management',
    createSessions({
      accounts,
      channel: parts.channel,
      clock,
      random: parts.random,
      events,
      permissionsOf: async (roles) => access.permissionsOf(roles),
      effectiveRoles: (roles, assurance) => factors.effectiveRoles(roles, assurance),
      isPrivileged: (roles) => factors.isRequired(roles),
      publicOrigins: parts.publicOrigins,
      allowedOrigins: configuration.allowedOrigins,
      limits: sessionLimits(configuration),
      secure: true,
    }),
  )
  const strong = wrap(
    'authentication/strong-authentication',
    createStrongAuthentication({
      accounts,
      hasher: parts.hasher,
      clock,
      events,
      sealer: parts.sealer,
      openid: parts.openid,
      isCommon: openPasswordFilter(configuration.passwordFilter),
      breaches: parts.breaches,
      random: parts.random,
      publicOrigins: parts.publicOrigins,
      title: serviceNames[0] ?? definition.name,
      // No password may be made of the name, whichever of its names somebody knows the service by.
      serviceName: serviceNames.join(' '),
      parameters: { memoryKiB: configuration.argon2MemoryKiB, passes: configuration.argon2Passes },
    }),
  )
  const validation = wrap(
    'data/validation-and-encoding',
    createValidation({ hsts: parts.hsts, leadsOut: (address) => strong.openid.leadsTo(address) }),
  )
  const errors = wrap(
    'server/error-handling',
    createErrorHandling({
      hsts: parts.hsts,
      log: parts.log,
      report: (event) => events.report(event),
      renderPage: problemPage(shell),
      onUnrecoverable: parts.onUnrecoverable,
    }),
  )
  const controls: Controls = {
    'authentication/strong-authentication': strong,
    'authentication/session-management': sessions,
    'authentication/access-control': access,
    'authentication/enumeration-and-brute-force': guessing,
    'authentication/multi-factor': factors,
    'data/validation-and-encoding': validation,
    'server/error-handling': errors,
    'server/secure-configuration': wrap('server/secure-configuration', createSecureConfiguration()),
  }

  const flows = new Accounts(controls, parts)
  const keeping = new PasskeyKeeping(controls, parts)
  const routes = [
    ...healthRoutes(readiness(parts)),
    ...sessionRoutes(flows),
    ...mailRoutes(flows),
    ...challengeRoutes(guessing),
    ...factorRoutes(flows.secondFactor, flows.factorResets),
    ...openIdRoutes(flows.openid, shell),
    ...passkeyRoutes(new Passkeys(controls, parts, flows, bestAsked(definition)), keeping),
    ...administrationRoutes(new Administration(controls, parts), flows.resets),
    ...passkeyPages(keeping, shell),
    ...pageRoutes(flows, definition, shell),
    ...ownDataRoutes(controls, parts, flows, shell),
    ...peoplePages(new Administration(controls, parts), flows, shell),
    ...(parts.outbox === undefined
      ? []
      : outboxRoutes(
          parts.outbox,
          parts.publicOrigins.map((origin) => new URL(origin).host),
          shell,
        )),
    ...definition.routes,
  ]
  routes.push(openApiRoute(definition, routes))

  const jobs = createApplicationJobs({
    jobs: definition.jobs ?? [],
    sealer: parts.sealer,
    clock,
    random: parts.random,
  })
  const servers = listeners.map(({ certificate }) => {
    const server = createHttpServer({
      ...(certificate === null ? {} : { tls: certificate }),
      ...validation.serverOptions(),
      requestId: () => uuidv7(clock.now(), idRandom),
      trustedProxies: configuration.trustedProxies,
      // Plain HTTP in production is for the edge that ends TLS, and for nobody who goes around it.
      ...(certificate === null && configuration.mode === 'start' ? { onlyFrom: configuration.trustedProxies } : {}),
      hsts: parts.hsts,
      onRefused: (request) => errors.refused(request),
    })
    faults.server(server)
    errors.install(server)
    sessions.install(server)
    guessing.install(server)
    validation.install(server)
    flows.factorResets.install(server)
    registerRoutes(server, routes, controls, {
      runtime: parts.runtime,
      clock,
      report: (event) => events.report(event),
      jobs,
      members: (principal) => flows.tenants.members(principal),
    })
    return server
  })
  for (const server of servers) await server.ready()

  return {
    controls,
    surface: surfaceOf(definition, routes),
    servers,
    receive(payload) {
      if (payload !== EVERYBODY && payload !== ROLES_CHANGED) {
        sessions.receive(payload)
        return
      }
      // What roles mean is read anew first, so that the sessions looked up afterwards hold what it means now.
      access
        .reload()
        .catch((cause: unknown) =>
          parts.log.error({ cause }, 'the roles could not be read; sessions are looked up anew'),
        )
        .finally(() => sessions.receive(EVERYBODY))
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()))
      await sessions
        .flush()
        .catch((cause: unknown) => parts.log.warn({ cause }, 'last uses of sessions were not written'))
    },
  }
}

/** The best proof that a route of the application asks for; those of Holdfast ask for two factors at most. */
const bestAsked = ({ routes }: BackendDefinition): Assurance =>
  routes.some(({ access }) => access.kind !== 'public' && access.stepUp?.assurance === 3) ? 3 : 2

/** The announcement that means all accounts, and what roles mean. */
export const EVERYBODY = '*'

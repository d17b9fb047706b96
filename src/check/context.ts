import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unproved } from '../kernel/claim.ts'
import { checkEffort, type Effort } from '../kernel/effort.ts'
import type { ExampleContext, ExampleRequest, Examples, SurfaceRoute } from '../kernel/surface.ts'
import type {
  BreachVantage,
  ExampleOptions,
  NetworkRequest,
  NetworkVantage,
  ProbeContext,
  RepositoryVantage,
  TelemetryEvent,
  TelemetryVantage,
  TwinIdentity,
  Vantage,
} from '../kernel/vantage.ts'
import type { Recorder } from './recorder.ts'
import type { Original, Seeds, Twin } from './twin.ts'

/** What claims look at: a twin with its network, or the original. */
export interface Target {
  readonly vantages: ReadonlySet<Vantage>
  /** A context for one claim. */
  context(recorder: Recorder): Promise<ProbeContext>
}

export interface TargetOptions {
  readonly repository?: RepositoryVantage
  /** Default: that of `check`, from any seed. */
  readonly effort?: Effort
}

/** A running twin as a target. */
export function twinTarget(
  twin: Twin,
  network: NetworkVantage,
  { repository, effort = checkEffort(anySeed()) }: TargetOptions = {},
): Target {
  const vantages: Vantage[] = ['network', 'database', 'host', 'telemetry']
  if (repository !== undefined) vantages.push('repository')
  return {
    vantages: new Set(vantages),
    context: async (recorder) => {
      const people = await twin.people()
      const faults = notingFaults(twin.faults)
      return {
        effort,
        surface: twin.surface,
        identities: people,
        identity: (role, tenant = 'A', number = 1) => findIdentity(people, role, tenant, number),
        example: (route, options) => example(twin, people, route, options),
        network: answered(whileOpen(network, recorder), faults),
        database: twin.database,
        host: twin.host,
        repository: repository ?? absent<RepositoryVantage>('repository'),
        telemetry: await telemetry(twin),
        mail: mailbox(twin),
        clock: twin.clock,
        faults: faults.given,
        ...(twin.breaches === undefined ? {} : { breaches: sinceNow(twin.breaches) }),
        record: recorder.record,
        expect: recorder.expect,
      }
    },
  }
}

/** The original as a target: what can be read is there, everything else throws {@link Unproved}. */
export function originalTarget(original: Original, repository?: RepositoryVantage): Target {
  const vantages: Vantage[] = []
  if (original.database !== undefined) vantages.push('database')
  if (original.host !== undefined) vantages.push('host')
  if (repository !== undefined) vantages.push('repository')
  const unasked = (): never => {
    throw new Unproved('the original is only read')
  }
  return {
    vantages: new Set(vantages),
    context: async (recorder) => ({
      effort: checkEffort(anySeed()),
      surface: original.surface,
      identities: [],
      identity: unasked,
      example: unasked,
      network: absent<NetworkVantage>('network'),
      database: original.database ?? absent<ProbeContext['database']>('database'),
      host: original.host ?? absent<ProbeContext['host']>('host'),
      repository: repository ?? absent<RepositoryVantage>('repository'),
      telemetry: absent<TelemetryVantage>('telemetry'),
      mail: { received: unasked },
      clock: { now: () => Date.now(), advance: unasked },
      faults: { database: unasked, revocationChannel: unasked, results: unasked, mail: unasked },
      record: recorder.record,
      expect: recorder.expect,
    }),
  }
}

/** The request that a route's `examples` make, its path filled in and its body in the form the route takes. */
export async function example(
  twin: Pick<Twin, 'seed'>,
  people: readonly TwinIdentity[],
  route: SurfaceRoute,
  options: ExampleOptions,
): Promise<NetworkRequest> {
  const name = `${route.method} ${route.path}`
  if (route.examples === undefined) throw new Unproved(`no example: ${name}`)
  const others = people.filter(
    ({ tenantId, accountId }) => tenantId === options.as.tenantId && accountId !== options.as.accountId,
  )
  // A member by preference: what an example does to somebody else should not hit the twin's only owner.
  const other = others.find(({ role }) => role === 'member') ?? others[0]
  if (other === undefined) throw new Unproved(`no second identity in tenant ${options.as.tenant}`)
  const rest = { caller: options.as, other, unique: () => `u${randomBytes(9).toString('hex')}` }
  const names = namesIn(route.examples, rest)
  const context: ExampleContext = {
    seed: strictSeeds(await twin.seed(options.as, options.object, names), name),
    ...rest,
  }
  return { as: options.as, ...fill(route, route.examples(context)) }
}

/** Which seeds an example asks for. */
function namesIn(examples: Examples, rest: Omit<ExampleContext, 'seed'>): ReadonlySet<string> {
  const names = new Set<string>()
  const row = new Proxy({}, { get: (_, column) => (typeof column === 'string' ? '0' : undefined) })
  const seed = new Proxy({} as Seeds, {
    get(_, name) {
      if (typeof name === 'string') names.add(name)
      return row
    },
  })
  try {
    examples({ seed, ...rest })
  } catch {
    // What it makes of it does not matter here: it is asked again with what there is.
  }
  return names
}

/** Puts an example's parameters into the route's path; a parameter without a value throws {@link Unproved}. */
export function fill(route: SurfaceRoute, given: ExampleRequest): NetworkRequest {
  const path = route.path.replace(/:([A-Za-z_]\w*)/g, (_, parameter: string) => {
    const value = given.params?.[parameter]
    if (value === undefined) throw new Unproved(`no example: ${route.method} ${route.path} leaves out :${parameter}`)
    return encodeURIComponent(value)
  })
  const query = new URLSearchParams(given.query).toString()
  const headers = given.headers === undefined ? {} : { headers: { ...given.headers } }
  const request = { method: route.method, path: query === '' ? path : `${path}?${query}`, ...headers }
  if (given.body === undefined) return request
  if (route.accepts !== 'form') return { ...request, body: given.body }
  const body = new URLSearchParams(given.body as Record<string, string>).toString()
  return { ...request, body, headers: { ...given.headers, 'content-type': 'application/x-www-form-urlencoded' } }
}

function findIdentity(all: readonly TwinIdentity[], role: string, tenant: 'A' | 'B', number: 1 | 2): TwinIdentity {
  const found = all.filter((identity) => identity.role === role && identity.tenant === tenant)[number - 1]
  if (found === undefined) throw new Unproved(`no identity: ${role} ${number} in tenant ${tenant}`)
  return found
}

/** A name that no seed has must not turn into `undefined` in a request. */
function strictSeeds(seeds: Seeds, route: string): Seeds {
  return new Proxy(seeds, {
    get(target, name) {
      if (typeof name === 'symbol' || Object.hasOwn(target, name)) return Reflect.get(target, name)
      throw new Unproved(`no example: ${route} asks for a seed of ${name}, which does not exist`)
    },
  })
}

/** Stops a claim that ran out of time from going on in its neighbours' twin. */
function whileOpen(network: NetworkVantage, recorder: Recorder): NetworkVantage {
  const guard = (): void => {
    if (recorder.closed) throw new Unproved('the claim is over')
  }
  return {
    origin: network.origin,
    request: async (request) => {
      guard()
      return network.request(request)
    },
    raw: async (bytes, options) => {
      guard()
      return network.raw(bytes, options)
    },
    signIn: async (identity) => {
      guard()
      return network.signIn(identity)
    },
  }
}

/** Notes whether a claim has stopped the database: then that it can't be reached is an answer. */
function notingFaults(given: Twin['faults']): {
  readonly given: Twin['faults']
  readonly databaseWasDown: () => boolean
} {
  let down = false
  return {
    given: {
      ...given,
      database: async (state) => {
        down ||= state === 'down'
        await given.database(state)
      },
    },
    databaseWasDown: () => down,
  }
}

/** That the database can't be reached, though nobody stopped it, says that the machine is too busy, and nothing of the backend. */
function answered(
  network: NetworkVantage,
  faults: Pick<ReturnType<typeof notingFaults>, 'databaseWasDown'>,
): NetworkVantage {
  return {
    ...network,
    request: async (request) => {
      const reply = await network.request(request)
      if (reply.status !== 503 || faults.databaseWasDown() || !reply.text().includes('"database-unavailable"'))
        return reply
      throw new Unproved('the twin could not reach its database, which nobody had stopped; the machine is too busy')
    },
  }
}

async function telemetry(twin: Twin): Promise<TelemetryVantage> {
  const [mark, firstLine] = [await twin.eventMark(), twin.logs().length]
  return {
    async events(until, timeout = EVENTS_TIMEOUT) {
      const deadline = performance.now() + timeout
      for (;;) {
        const events: readonly TelemetryEvent[] = await twin.eventsAfter(mark)
        if (until(events) || performance.now() >= deadline) return events
        await sleep(POLL)
      }
    },
    logs: () => twin.logs().slice(firstLine),
  }
}

/** What was asked before this claim began is none of its business. */
function sinceNow(breaches: BreachVantage): BreachVantage {
  const before = breaches.asked().length
  return { ...breaches, asked: () => breaches.asked().slice(before) }
}

/** Addresses are compared as mail servers compare them. */
function mailbox(twin: Pick<Twin, 'mails'>): ProbeContext['mail'] {
  return {
    async received(to, until = (mails) => mails.length > 0, timeout = MAIL_TIMEOUT) {
      const deadline = performance.now() + timeout
      for (;;) {
        const mails = twin.mails.filter((mail) => mail.to.toLowerCase() === to.toLowerCase())
        if (until(mails) || performance.now() >= deadline) return mails
        await sleep(POLL)
      }
    },
  }
}

/** Stands where a vantage is missing. Claims that need it are not run, so only one that forgot to say so meets it. */
function absent<T extends object>(vantage: Vantage): T {
  return new Proxy({} as T, {
    get() {
      throw new Unproved(`needs ${vantage}`)
    },
  })
}

export const anySeed = (): number => randomInt(2 ** 32)

/** Milliseconds. */
const EVENTS_TIMEOUT = 5_000
const MAIL_TIMEOUT = 5_000
const POLL = 40

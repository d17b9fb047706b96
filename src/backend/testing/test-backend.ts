import { resolveConfiguration } from '../../checklist/server/secure-configuration/index.ts'
import type { Seconds } from '../../kernel/time.ts'
import type { DatabaseConnection, TelemetryEvent, TwinIdentity } from '../../kernel/vantage.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import { type RunningTwin, startTwin } from '../twin/twin.ts'
import { openTwinHost } from '../twin/twin-host.ts'
import { type TestClient, testClient } from './test-client.ts'

export interface TestBackendOptions {
  /** Settings as the environment gives them: `{ HOLDFAST_ALLOWED_ORIGINS: 'https://shop.example' }`. Default none. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A cluster with the declared database in it, of which each test gets its own copy. */
export interface BackendSuite {
  /** A backend that nothing has happened in yet. One is always made ahead, so that the next test doesn't wait for it. */
  fresh(): Promise<TestBackend>
  /** Ends every backend that is left, and the cluster. Without it the process does not end. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A backend with a database of its own: two people of each role in tenant A, one in tenant B, nothing else. */
export interface TestBackend {
  /** Somebody with this role, signed in anew without the cost of a password. Default: the first of tenant A. */
  as(role: string, which?: TestPerson): TestClient
  /** Their names, addresses, passwords and ids. */
  person(role: string, which?: TestPerson): TwinIdentity
  /** Somebody who is not signed in. */
  readonly anonymous: TestClient
  readonly clock: { now(): number; advance(by: Seconds): Promise<void> }
  /** What the backend sent to people so far, oldest first: it grows a moment after the change that is its reason. */
  readonly mailbox: readonly TestMessage[]
  /** The administrator's connection, past row-level security. The application's tables are in the schema `app`. */
  readonly database: DatabaseConnection
  /**
   * The security events written so far, oldest first. Those of refusals are written off the request's path, within a
   * fraction of a second: say with `until` what is waited for, at most 5 s.
   */
  events(until?: (events: readonly TelemetryEvent[]) => boolean): Promise<readonly TelemetryEvent[]>
  /** What was sent to an address, oldest first, once there is any or `until` is satisfied; waits at most 5 s. */
  mailTo(address: string, until?: (mails: readonly TestMessage[]) => boolean): Promise<readonly TestMessage[]>
  /** Lines of the backend's log, each a JSON object. */
  logs(): readonly Readonly<Record<string, unknown>>[]
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface TestPerson {
  /** Default `A`. */
  readonly tenant?: 'A' | 'B'
  /** 2 is somebody else of the same role and tenant; there is one in tenant A only. Default 1. */
  readonly number?: 1 | 2
}

export interface TestMessage {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Starts a cluster and prepares the database of a definition in it: a few seconds, once in a file of tests. */
export async function testBackend(
  definition: BackendDefinition,
  options: TestBackendOptions = {},
): Promise<BackendSuite> {
  const configuration = resolveConfiguration({ environment: { ...options.settings }, mode: 'dev' })
  const host = await openTwinHost(definition, { identities: true })
  const running = new Set<TestBackend>()
  let closed = false
  const make = (): Promise<RunningTwin> => {
    const made = startTwin(host, { configuration, nodes: 1 })
    // Told to whoever asks for it, and not as a rejection that nobody handles.
    made.catch(() => undefined)
    return made
  }
  let ahead = make()
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    for (const backend of running) await backend.close()
    await ahead.then((twin) => twin.stop()).catch(() => undefined)
    await host.close()
  }
  return {
    async fresh() {
      if (closed) throw new Error('the suite is closed')
      const twin = await nextOf()
      const backend = backendOn(twin, () => running.delete(backend))
      running.add(backend)
      return backend
    },
    close,
    [Symbol.asyncDispose]: close,
  }

  function nextOf(): Promise<RunningTwin> {
    const next = ahead
    // After this one: several at once would only wait for each other.
    ahead = next.catch(() => undefined).then(make)
    ahead.catch(() => undefined)
    return next
  }
}

/** A started twin as tests see it. */
export function backendOn(twin: RunningTwin, onClose: () => void): TestBackend {
  const [backend] = twin.backends
  const [server] = backend?.servers ?? []
  if (backend === undefined || server === undefined) throw new Error('a twin has a server')
  const [origin] = twin.origins
  const sessions = backend.controls['authentication/session-management']

  const person = (role: string, { tenant = 'A', number = 1 }: TestPerson = {}): TwinIdentity => {
    const name = `${role}-${tenant.toLowerCase()}${number}`
    const found = twin.identities.find((identity) => identity.name === name)
    if (found !== undefined) return found
    const names = twin.identities.map((identity) => identity.name).join(', ')
    throw new Error(`there is nobody called ${name}; there are ${names}`)
  }
  const factors = backend.controls['authentication/multi-factor']
  const signIn = async ({ accountId, tenantId, role }: TwinIdentity): Promise<string> => {
    const session = await sessions.change((tx) =>
      sessions.create(
        tx,
        { accountId, tenantId, assurance: factors.isRequired([role]) ? 2 : 1, presented: null },
        { address: '127.0.0.1', device: 'holdfast/testing', requestId: 'test' },
      ),
    )
    return (session.headers['set-cookie'] ?? '').split(';')[0] ?? ''
  }
  const close = async (): Promise<void> => {
    onClose()
    await twin.stop()
  }
  return {
    as(role, which) {
      const identity = person(role, which)
      let cookie: Promise<string> | undefined
      return testClient(server, origin, () => {
        cookie ??= signIn(identity)
        return cookie
      })
    },
    person,
    anonymous: testClient(server, origin, async () => null),
    clock: twin.clock,
    mailbox: twin.mails,
    database: twin.database.admin,
    async events(until = () => true) {
      const latest = performance.now() + EVENTS_WITHIN_MS
      for (;;) {
        const events = await twin.eventsAfter(0)
        if (until(events)) return events
        if (performance.now() > latest) {
          throw new Error(`not among the events within ${EVENTS_WITHIN_MS / 1000} s: ${events.map(({ name }) => name)}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async mailTo(address, until = (mails) => mails.length > 0) {
      const latest = performance.now() + MAILS_WITHIN_MS
      for (;;) {
        const mails = twin.mails.filter(({ to }) => to === address)
        if (until(mails)) return mails
        if (performance.now() > latest) {
          const subjects = twin.mails.map(({ to, subject }) => `${to}: ${subject}`).join(', ') || 'none'
          throw new Error(`not in the mails to ${address} within ${MAILS_WITHIN_MS / 1000} s; there are ${subjects}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    logs: () => twin.logs(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const EVENTS_WITHIN_MS = 5_000
const MAILS_WITHIN_MS = 5_000

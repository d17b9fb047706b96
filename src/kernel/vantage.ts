import type { Evidence } from './claim.ts'
import type { Effort } from './effort.ts'
import type { Surface, SurfaceRoute } from './surface.ts'
import type { Seconds } from './time.ts'

/** From where a probe looks. A missing one makes its claims `unproved: needs <vantage>`. */
export type Vantage = 'network' | 'database' | 'host' | 'repository' | 'telemetry'

/** Somebody the twin knows: made before the probes, one per role and tenant, signed in lazily. */
export interface TwinIdentity {
  /** `member-a1`: role, tenant, number. */
  readonly name: string
  readonly accountId: string
  readonly email: string
  readonly password: string
  readonly role: string
  readonly tenant: 'A' | 'B'
  readonly tenantId: string
  /** Of people whose role requires a second factor: they sign in with it. */
  readonly passkey?: TwinPasskey
}

/** A passkey of somebody the twin knows, held in software. */
export interface TwinPasskey {
  /** base64url. */
  readonly credentialId: string
  /** P-256, PKCS #8, PEM. */
  readonly privateKey: string
}

/**
 * The reverse proxy of a twin: what is sent `from` there says in `x-forwarded-for` who asks, so that clients of any network can be
 * played.
 */
export const TWIN_PROXY = '127.255.255.254'

/** A mail that the twin's backend sent: it ended in a recording double. */
export interface ReceivedMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface NetworkRequest {
  readonly method?: string
  /** Path and query, as sent. */
  readonly path: string
  /**
   * A value that is a list is sent as several fields. With `as` or `token`, methods other than GET and HEAD send `origin`
   * with the node's own origin, as a browser on its pages does; a field given here takes the place of that one and of
   * `content-type`, and an empty text or list sends no such field at all.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** An object is sent as JSON, a string or bytes as they are (then give `content-type`). */
  readonly body?: unknown
  /** Signed in as this identity (a session is made on first use, kept, and made again when it has died); absent: anonymous. */
  readonly as?: TwinIdentity
  /** A session cookie's value instead of `as`. */
  readonly token?: string
  /** Which server process of the twin, 0 or 1. Default 0. */
  readonly node?: 0 | 1
  /**
   * From which address of this machine, `127.77.3.9`: another one is another client. Each request has a connection of its own
   * then. Where the system has no such address, as outside of Linux, it throws Unproved. Default: as the system chooses.
   */
  readonly from?: string
  /** Milliseconds until it counts as no answer (throws). Default 10,000. */
  readonly timeout?: number
}

export interface NetworkReply {
  readonly status: number
  /** Lower-case names; several fields of one name joined by `, `, `set-cookie` by newline. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  text(): string
  /** The body as JSON; throws where it is none. */
  json(): unknown
  /** The value the reply sets for the session cookie: text, `''` when it is removed, `undefined` when untouched. */
  readonly setToken: string | undefined
}

export interface NetworkVantage {
  /** `https://localhost:41234`, of node 0. */
  readonly origin: string
  request(request: NetworkRequest): Promise<NetworkReply>
  /** Sends bytes over a fresh TLS connection and returns all bytes until it closes or `timeout` ms pass. */
  raw(bytes: Buffer | string, options?: { readonly timeout?: number; readonly from?: string }): Promise<Buffer>
  /** A fresh session token of an identity, made by signing in now. */
  signIn(identity: TwinIdentity): Promise<string>
}

export interface DatabaseConnection {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly rowCount: number }>
}

/** Database roles of a backend: see docs/architecture.md. */
export type DatabaseRole = 'owner' | 'runtime' | 'accounts' | 'jobs' | 'readonly' | 'backup' | 'auditor'

export interface DatabaseVantage {
  /** The administrator of the twin's cluster; on the original, the auditor. */
  readonly admin: DatabaseConnection
  /** Connects as a role, runs `work`, disconnects. Not given on the original. */
  as<T>(role: DatabaseRole, work: (connection: DatabaseConnection) => Promise<T>): Promise<T>
  /** The same by the replication protocol, which takes its own commands alone. Absent where a vantage has none. */
  replicating?<T>(role: DatabaseRole, work: (connection: DatabaseConnection) => Promise<T>): Promise<T>
  /** The role's name in the database: `notes_runtime`. */
  roleName(role: DatabaseRole): string
  /** How to connect as a role, for attempts with wrong passwords. */
  readonly connection: { readonly host: string; readonly port: number; readonly database: string }
}

export interface StartAttempt {
  /** The process's exit code, or `'started'` when it listened (it is stopped then). */
  readonly outcome: number | 'started'
  readonly stdout: string
  readonly stderr: string
}

/** A backend that runs as a process of its own, for as long as somebody looks at it. */
export interface StartedProcess {
  /** `https://localhost:41234` */
  readonly origin: string
  /** PEM of the authority that signed its certificate. */
  readonly ca: string
  readonly stateDirectory: string
}

export interface HostVantage {
  /** The state directory of the backend. */
  readonly stateDirectory: string
  /** Files below it with their mode bits and size. */
  files(): Promise<readonly { readonly path: string; readonly mode: number; readonly directory: boolean }[]>
  /**
   * Starts the backend as its own process with these environment variables over the twin's, until it listens or exits.
   * `NODE_OPTIONS` of both are joined.
   *
   * @param during - runs while it listens; it is stopped afterwards. What this throws, `start` throws.
   */
  start(
    environment: Readonly<Record<string, string | undefined>>,
    mode: 'dev' | 'start',
    during?: (running: StartedProcess) => Promise<void>,
  ): Promise<StartAttempt>
}

export interface RepositoryVantage {
  /** The checkout's root. */
  readonly root: string
}

export interface TelemetryEvent {
  readonly id: string
  readonly name: string
  readonly result: string
  readonly requestId: string | null
  readonly accountId: string | null
  readonly fields: Readonly<Record<string, unknown>>
  readonly count: number
}

export interface TelemetryVantage {
  /** Events written since the probe began, oldest first; waits up to `timeout` ms until `until` is satisfied. */
  events(until: (events: readonly TelemetryEvent[]) => boolean, timeout?: number): Promise<readonly TelemetryEvent[]>
  /** Lines of the twin's log since the probe began, each a JSON object. */
  logs(): readonly Readonly<Record<string, unknown>>[]
}

/** What a service that knows of breaches was asked. */
export interface AskedRange {
  readonly method: string
  /** As it came: `/range/21BD1`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** What passwords are known from: the filter of the twin's operator, and a double of an outside service. */
export interface BreachVantage {
  /** Passwords of the operator's own filter, long and regular in nothing; no other filter has them. */
  readonly listed: readonly string[]
  /** From now on the service has seen a password so often. */
  see(password: string, count: number): void
  /** What it was asked since the probe began, by all claims beside this one as well. */
  asked(): readonly AskedRange[]
  /** `silent`: it takes requests and answers none. Claims that use it are `exclusive`. */
  service(state: 'up' | 'down' | 'silent'): void
}

/** What every handler does instead of returning its result: a fault that {@link ProbeContext.faults} forces. */
export class Misbehaviour {
  /** It throws an error, throws a refusal (`conflict`) with the text as what the sender may know, or sends the text past its contract. */
  readonly how: 'throws' | 'refuses' | 'sends'
  readonly text: string

  constructor(how: Misbehaviour['how'], text: string) {
    this.how = how
    this.text = text
  }
}

/** What a claim's `prove` is given. */
export interface ProbeContext {
  /** How often to try, and from which seed. */
  readonly effort: Effort
  readonly surface: Surface
  readonly identities: readonly TwinIdentity[]
  /** The identity of a role in a tenant; `number` 2 is somebody else of the same role. Throws Unproved when there is none. */
  identity(role: string, tenant?: 'A' | 'B', number?: 1 | 2): TwinIdentity
  /** The request a route's `examples` make for somebody: path with its parameters filled in, body. Throws Unproved without examples. */
  example(route: SurfaceRoute, options: ExampleOptions): Promise<NetworkRequest>
  readonly network: NetworkVantage
  readonly database: DatabaseVantage
  readonly host: HostVantage
  readonly repository: RepositoryVantage
  readonly telemetry: TelemetryVantage
  readonly mail: {
    /** Mails to an address since the twin began, oldest first; waits up to `timeout` ms (default 5,000) until `until` is satisfied. */
    received(
      to: string,
      until?: (mails: readonly ReceivedMail[]) => boolean,
      timeout?: number,
    ): Promise<readonly ReceivedMail[]>
  }
  /** Moves the twin's clock on all nodes. Claims that use it are `exclusive`. */
  readonly clock: { now(): number; advance(by: Seconds): Promise<void> }
  /**
   * Forces a fault: stops or starts the twin's database for this twin, drops the revocation channel, has handlers return more than
   * they do, has mails taken slowly. Claims that use it are `exclusive`.
   */
  readonly faults: {
    database(state: 'down' | 'up'): Promise<void>
    revocationChannel(state: 'down' | 'up'): Promise<void>
    /**
     * Puts these properties into every object that handlers return from now on, at every depth, or has every handler misbehave;
     * `null` stops it. Resolves with the number of results that the last ones were put into, or took the place of.
     */
    results(extra: Readonly<Record<string, unknown>> | Misbehaviour | null): Promise<number>
    /** Whoever takes the twin's mails needs a second for each, or none. */
    mail(state: 'slow' | 'quick'): Promise<void>
  }
  /** What passwords are known from: of a twin alone. */
  readonly breaches?: BreachVantage
  record(evidence: Evidence): void
  /** Recorded as ok when `saw` equals `expected`. */
  expect(side: Evidence['side'], tried: string, saw: string | number, expected: string | number): boolean
}

export interface ExampleOptions {
  readonly as: TwinIdentity
  /** Whose object: the caller's own, another member's of the same tenant, another tenant's, or none that exists. */
  readonly object: 'own' | 'another' | 'other-tenant' | 'absent'
}

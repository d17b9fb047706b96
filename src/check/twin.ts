import type { Claim } from '../kernel/claim.ts'
import type { Surface } from '../kernel/surface.ts'
import type { Seconds } from '../kernel/time.ts'
import type {
  BreachVantage,
  DatabaseVantage,
  ExampleOptions,
  HostVantage,
  ProbeContext,
  ReceivedMail,
  TelemetryEvent,
  TwinIdentity,
} from '../kernel/vantage.ts'
import type { PlantedFault } from './fault.ts'

/** A second instance of the same backend definition: scratch database, free ports, keys of its own, attackable. */
export interface Twin {
  readonly surface: Surface
  /** The same people at each call, in tenants of their own: what one claim does to them is nothing to the claims beside it. */
  people(): Promise<readonly TwinIdentity[]>
  /** `https://localhost:41234` of two server processes on one database. */
  readonly origins: readonly [string, string]
  /** PEM of the authority that signed the servers' certificate. */
  readonly ca: string
  readonly database: DatabaseVantage
  readonly host: HostVantage
  /** The time both nodes read, and the way to move it. */
  readonly clock: ProbeContext['clock']
  readonly faults: ProbeContext['faults']
  /** Its list of what was asked only grows. */
  readonly breaches?: BreachVantage
  /** For whom, whose object: a fresh row of every table and built-in object, made at each call. `absent` gives ids of no row. */
  /** @param names - what of it is asked for; absent: everything. */
  seed(as: TwinIdentity, object: ExampleOptions['object'], names?: ReadonlySet<string>): Promise<Seeds>
  /** The number of the newest security event; 0 when there is none. */
  eventMark(): Promise<number>
  /** Security events after the numbered one, oldest first. */
  eventsAfter(mark: number): Promise<readonly TelemetryEvent[]>
  /** All mails the servers sent so far, oldest first. The list only grows. */
  readonly mails: readonly ReceivedMail[]
  /** All lines the servers logged so far, oldest first. The list only grows. */
  logs(): readonly Readonly<Record<string, unknown>>[]
  readonly definitionHash: string
  /** Ends servers and database, and undoes what the planted fault changed outside of them. Never throws. */
  stop(): Promise<void>
}

/** Table or built-in object → its row, as `ExampleContext.seed` shows it. */
export type Seeds = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface TwinOptions {
  /** Planted before the servers start. Absent: the backend as it is. */
  readonly fault?: PlantedFault
}

/** Starts a twin; rejects with one clear line when it can't. */
export type BuildTwin = (options?: TwinOptions) => Promise<Twin>

/** The deployed backend, to be read and nothing else. */
export interface Original {
  readonly surface: Surface
  /** As the auditor role. Absent: its database can't be reached from here. */
  readonly database?: DatabaseVantage
  readonly host?: HostVantage
  readonly definitionHash: string
  close(): Promise<void>
}

/** Looks for the original; the reason says why there is none to inspect: `nothing has run here yet`. */
export type InspectOriginal = () => Promise<Original | { readonly reason: string }>

/** How long one claim may take before it counts as unproved. */
export const CLAIM_TIMEOUT = 60 as Seconds

/** Which backend a claim is about. */
export const targetOf = (claim: Claim): 'twin' | 'original' => claim.on ?? 'twin'

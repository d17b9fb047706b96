import type { Vantage } from './vantage.ts'

/**
 * A realistic fault that takes a control away in a twin. `Control` is the type of the item's own control object, as
 * its `control.ts` exports it.
 */
// biome-ignore lint/suspicious/noExplicitAny: a list of items holds sabotages of differently typed controls; each is typed where it is written
export interface Sabotage<Control = any> {
  /** Unique within its item, `kebab-case`: `revocation-forgets-cache`. */
  readonly name: string
  /** The mistake people really ship, in a sentence. */
  readonly fault: string
  /** `present`: the control stands there, configured, and does nothing. At least one an item. */
  readonly leaves: 'absent' | 'present'
  /** Claims of the item of which at least one must turn `broken`; the others are not run. */
  readonly caughtBy: readonly string[]
  /** Ids of other items that this fault really takes away too, so that their turning broken is no false alarm. Default none. */
  readonly alsoBreaks?: readonly string[]
  readonly plant: (plan: SabotagePlan<Control>) => void
}

/** What a sabotage may do to the twin before it starts. */
export interface SabotagePlan<Control> {
  /** Replaces the item's control by a wrapped one: `plan.control((c) => ({ ...c, verify: () => true }))`. */
  control(wrap: (control: Control) => Control): void
  /** Runs a statement on the twin's database as its administrator, and `undo` when the twin goes (roles are shared by twins). */
  sql(statement: string, undo?: string): void
  /** Puts a raw setting over the twin's configuration, past its validation: `plan.setting('allowedOrigins', ['*'])`. */
  setting(name: string, value: unknown): void
  /** Adds routes or hooks to the Fastify instance before anything else; typed `unknown` here because the kernel knows no framework. */
  server(change: (app: unknown) => void): void
  /** Puts a file or changes a mode in the twin's state directory once it runs. */
  host(change: (stateDirectory: string) => Promise<void>): void
}

export interface SabotageResult {
  readonly item: string
  readonly name: string
  readonly fault: string
  readonly leaves: 'absent' | 'present'
  /** The item's verdict before and after; caught when it went from `holds` to `broken`. */
  readonly before: string
  readonly after: string
  readonly caught: boolean
  /** Items of the same vantage that changed too: false alarms. */
  readonly collateral: readonly string[]
  readonly milliseconds: number
  readonly vantages: readonly Vantage[]
}

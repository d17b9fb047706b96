import type { Sabotage, SabotagePlan } from '../kernel/sabotage.ts'

/**
 * What a sabotage asks for, noted down so that the twin's builder can plant it. The builder wraps the control, puts the
 * settings over the validated configuration, lets `server` see each Fastify instance first, and runs `statements` as the
 * database's administrator once the schema stands and before the servers connect; in `Twin.stop`, and when building
 * fails, it runs each `undo`. `host` is left to the sabotage runner, which calls it once the twin runs.
 */
export interface PlantedFault {
  /** Whose control is wrapped. */
  readonly item: string
  readonly name: string
  /** Applied to the item's control in this order. */
  readonly wraps: readonly ((control: unknown) => unknown)[]
  readonly statements: readonly { readonly statement: string; readonly undo?: string }[]
  readonly settings: Readonly<Record<string, unknown>>
  readonly server: readonly ((app: unknown) => void)[]
  readonly host: readonly ((stateDirectory: string) => Promise<void>)[]
}

/** Runs a sabotage's `plant` against a notebook. Throws when it plants nothing: such a sabotage proves nothing. */
export function planFault(item: string, sabotage: Sabotage): PlantedFault {
  const wraps: PlantedFault['wraps'][number][] = []
  const statements: PlantedFault['statements'][number][] = []
  const settings: Record<string, unknown> = {}
  const server: PlantedFault['server'][number][] = []
  const host: PlantedFault['host'][number][] = []
  const plan: SabotagePlan<unknown> = {
    control: (wrap) => void wraps.push(wrap),
    sql: (statement, undo) => void statements.push(undo === undefined ? { statement } : { statement, undo }),
    setting: (name, value) => {
      settings[name] = value
    },
    server: (change) => void server.push(change),
    host: (change) => void host.push(change),
  }
  sabotage.plant(plan)
  const planted = wraps.length + statements.length + Object.keys(settings).length + server.length + host.length
  if (planted === 0) throw new Error(`${item}: sabotage ${sabotage.name} plants nothing`)
  return { item, name: sabotage.name, wraps, statements, settings, server, host }
}

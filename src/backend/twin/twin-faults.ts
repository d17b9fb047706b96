import type { Controls, Faults } from '../controls.ts'

/** What a sabotage asks the builder of a twin to plant: see `check/fault.ts`, where it is noted down. */
export interface TwinFault {
  readonly item: string
  readonly wraps: readonly ((control: unknown) => unknown)[]
  readonly statements: readonly { readonly statement: string; readonly undo?: string }[]
  readonly settings: Readonly<Record<string, unknown>>
  readonly server: readonly ((app: unknown) => void)[]
}

/** The wraps of a planted fault, as the composition root takes them. */
export function faultsOf(fault: TwinFault | undefined): Faults {
  return {
    wrap<Id extends keyof Controls>(id: Id, control: Controls[Id]): Controls[Id] {
      if (fault === undefined || fault.item !== id) return control
      // A sabotage is typed where it is written; here only its item says which control it wraps.
      return fault.wraps.reduce<unknown>((wrapped, wrap) => wrap(wrapped), control) as Controls[Id]
    },
    server(server) {
      for (const change of fault?.server ?? []) change(server)
    },
  }
}

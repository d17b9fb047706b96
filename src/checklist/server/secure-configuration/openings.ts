import type { Configuration } from './configuration.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, type SettingValues } from './settings.ts'

/** A setting that is in force and lets others in who were not by default. */
export interface Opening {
  readonly variable: string
  /** What it opens: `lets 10.1.2.3 say which address a visitor has`. */
  readonly what: string
}

/** What the configuration opens beyond its defaults. It may be meant, and is to be seen. */
export function openingsOf(configuration: Configuration): readonly Opening[] {
  return (Object.keys(SETTINGS) as (keyof SettingValues)[]).flatMap((key) => {
    const one: Setting = SETTINGS[key]
    const what = one.opens(configuration[key])
    return what === null ? [] : [{ variable: one.variable, what }]
  })
}

import { Secret } from '../../../kernel/secret.ts'
import type { Configuration } from './configuration.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, type SettingValues } from './settings.ts'

/** The configuration for people: a line a setting, `*` before those somebody set. Of a secret only whether it is set. */
export function printConfiguration(configuration: Configuration): string {
  const width = Math.max(...Object.values(SETTINGS).map((one) => one.variable.length))
  const lines = (Object.keys(SETTINGS) as (keyof SettingValues)[]).map((key) => {
    const one: Setting = SETTINGS[key]
    const value: unknown = configuration[key]
    const shown = one.secret ? (value === null ? 'not set' : 'set') : show(value)
    return `${configuration.given.has(key) ? '*' : ' '} ${one.variable.padEnd(width)}  ${shown}`
  })
  return `mode ${configuration.mode}\n${lines.join('\n')}\n`
}

function show(value: unknown): string {
  if (value === null) return 'not set'
  if (value instanceof Secret) return '[secret]'
  if (typeof value === 'object' && 'address' in value) return String(value.address)
  return Array.isArray(value) ? value.join(', ') || 'none' : String(value)
}

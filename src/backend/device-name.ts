import type { Words } from './words/en/index.ts'

/** The browser and system that a user-agent field names, as far as people care. */
export function deviceName(userAgent: string, { other, on }: Words['account']['devices']): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(userAgent)?.[1]
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(userAgent)?.[1]
  const name = browser === undefined ? other : ({ Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser)
  return system === undefined ? name : on(name, system)
}

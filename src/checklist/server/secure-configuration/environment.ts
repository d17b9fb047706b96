import { StartRefusal } from '../../../kernel/refusal.ts'
import type { Mode } from './setting.ts'
import { SETTINGS } from './settings.ts'

/**
 * Refuses names of ours that don't exist, since a typing error must not leave a default in force unseen, and settings
 * of the runtime that take its own protection away.
 */
export function refuseUnsafeEnvironment(environment: Readonly<Record<string, string | undefined>>, mode: Mode): void {
  const known = new Set(
    Object.values(SETTINGS).flatMap((one) => (one.secret ? [one.variable, `${one.variable}_FILE`] : [one.variable])),
  )
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || known.has(name) || !/^(HOLDFAST_|DATABASE_URL)/i.test(name)) continue
    const shown = name.replaceAll(/[^\w-]/g, '?').slice(0, 60)
    throw new StartRefusal(shown, `is no setting; did you mean ${nearest(name.toUpperCase(), [...known])}?`)
  }
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new StartRefusal(
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'switches certificate checks off; unset it, and name your authority in NODE_EXTRA_CA_CERTS',
    )
  }
  if (mode === 'dev') return
  if (/--inspect/.test(environment.NODE_OPTIONS ?? '')) {
    throw new StartRefusal('NODE_OPTIONS', 'opens a debugger in production; remove --inspect')
  }
  if ((environment.NODE_DEBUG ?? '') !== '') {
    throw new StartRefusal('NODE_DEBUG', 'prints what people send; unset it in production')
  }
}

/** The candidate with the fewest edits. */
export function nearest(name: string, candidates: readonly string[]): string {
  const scored = candidates.map((candidate) => ({ candidate, distance: distance(name.slice(0, 60), candidate) }))
  return scored.reduce((best, one) => (one.distance < best.distance ? one : best)).candidate
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

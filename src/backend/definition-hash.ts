import { createHash } from 'node:crypto'
import type { BackendDefinition } from '../platform/declaration/definition.ts'

/**
 * Names a definition: two that declare the same have the same hash. Handlers count by their source, so that evidence of
 * other code does not stand for this one.
 */
export function definitionHash(definition: BackendDefinition): string {
  const text = JSON.stringify(definition, (_key, value: unknown) =>
    typeof value === 'function' ? String(value) : value,
  )
  return createHash('sha256').update(text).digest('hex')
}

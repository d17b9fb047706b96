import { Refusal } from '../../../kernel/refusal.ts'

/** What must be true of an object: each named property equals the given value. */
export type Condition = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>

/**
 * Whether an object fulfils a condition. For services that look after objects outside row-level security: accounts and
 * sessions, and whatever an application keeps elsewhere.
 *
 * Only two present and equal values match. `undefined` and `null` match nothing, themselves neither, as in SQL: a principal without a
 * tenant does not own what has no tenant. A condition that asks nothing, an absent object and an inherited
 * property match nothing either.
 */
export function matches(condition: Condition, object: object | null | undefined): boolean {
  if (object === null || object === undefined) return false
  const asked = Object.entries(condition)
  return (
    asked.length > 0 &&
    asked.every(([name, value]) => isComparable(value) && Object.hasOwn(object, name) && read(object, name) === value)
  )
}

/**
 * Gives the object back where it fulfils the condition.
 *
 * @throws {@link Refusal} `not-found` otherwise, for somebody else's object and for none alike.
 */
export function requireMatch<T extends object>(condition: Condition, object: T | null | undefined): T {
  if (object === null || object === undefined || !matches(condition, object)) throw new Refusal('not-found')
  return object
}

/** NaN equals nothing, so it needs no mention. */
const isComparable = (value: unknown): boolean => COMPARABLE.has(typeof value)

const read = (object: object, name: string): unknown => (object as Readonly<Record<string, unknown>>)[name]

const COMPARABLE: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'bigint'])

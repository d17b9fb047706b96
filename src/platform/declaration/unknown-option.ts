import { StartRefusal } from '../../kernel/refusal.ts'

/**
 * Nothing checks the types when a declaration runs, and an option that is off by a letter would leave the default in force
 * unseen: open sign-up, a table without an owner.
 *
 * @throws StartRefusal naming the option that is none.
 */
export function refuseUnknown(where: string, given: object, options: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(options, name))
  if (unknown === undefined) return
  throw new StartRefusal(where, `${unknown} is no option; there are ${Object.keys(options).join(', ')}`)
}

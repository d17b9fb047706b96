import type { Writable } from 'node:stream'
import type { Item } from '../kernel/item.ts'
import { SECTIONS } from '../kernel/items.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { Clock } from '../kernel/time.ts'
import type { EvidenceSigner } from './signer.ts'
import type { BuildTwin } from './twin.ts'

/** What `check` and `sabotage` are both given by the command line. */
export interface CommandOptions {
  /** The backend's name, for people. */
  readonly backend: string
  /** All items: the list's thirty and the application's own. */
  readonly items: readonly Item[]
  readonly buildTwin: BuildTwin
  readonly definitionHash: string
  /** SHA-256 of the lock file; the evidence counts for this definition on these dependencies. */
  readonly lockHash: string
  /** SHA-256 of the code as it is at the moment; `null` where there is too much of it to tell. */
  readonly sourceHash: () => Promise<string | null>
  /** The checkout; absent: nothing of the repository can be looked at. */
  readonly root?: string
  /** Evidence is kept in `evidence/` below it. */
  readonly stateDirectory: string
  readonly signer?: EvidenceSigner
  /** Only these items: `section/item`. None: all. */
  readonly item?: readonly string[]
  /** Only these sections: `database`. None: all. */
  readonly section?: readonly string[]
  readonly verbose?: boolean
  readonly stdout: Output
  readonly stderr: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** The items that `item` or `section` name, in the list's order. @throws {@link StartRefusal} when one names none. */
export function selectItems({
  items,
  item = [],
  section = [],
}: Pick<CommandOptions, 'items' | 'item' | 'section'>): readonly Item[] {
  if (item.length > 0 && section.length > 0)
    throw new StartRefusal('--item', 'can not be given beside --section; name the items, or the sections')
  for (const id of item) {
    if (!items.some((known) => known.id === id))
      throw new StartRefusal('--item', `there is no item ${id}; the list is in CHECKLIST.md`)
  }
  for (const id of section) {
    if (items.some((known) => sectionOf(known) === id)) continue
    const sections = SECTIONS.map((known) => known.id).join(', ')
    throw new StartRefusal('--section', `there is no section ${id}; there are ${sections}`)
  }
  if (item.length > 0) return items.filter((known) => item.includes(known.id))
  if (section.length > 0) return items.filter((known) => section.includes(sectionOf(known)))
  return items
}

const sectionOf = ({ id }: Item): string => id.split('/', 1)[0] ?? ''

/** Colour on a terminal, unless NO_COLOR says no (no-color.org: any text but the empty one). */
export const wantsColour = ({ stdout, environment }: Pick<CommandOptions, 'stdout' | 'environment'>): boolean =>
  stdout.isTTY === true && !environment.NO_COLOR

/**
 * Runs `work` with a signal that SIGINT and SIGTERM abort, so that twins are stopped and faults undone before the
 * process ends. Failures become one line on stderr and exit code 3.
 */
export async function runInterruptibly<Code extends number>(
  stderr: Output,
  work: (signal: AbortSignal) => Promise<Code>,
): Promise<Code | 3> {
  const controller = new AbortController()
  const interrupt = (): void => {
    controller.abort(new Error('interrupted; the twins are being stopped'))
    process.exitCode = 3
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 3
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** Writes and waits until it is taken, so that a process that exits afterwards cuts nothing off. */
export async function print(output: Output, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  output.write(text, (error) => (error ? reject(error) : resolve()))
  await promise
}

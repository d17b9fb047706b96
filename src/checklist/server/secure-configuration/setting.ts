/** How a backend runs; never guessed. `dev`: loopback, conveniences. `start`: production, weak settings refuse. */
export type Mode = 'dev' | 'start'

/** One line of the settings' table. */
export interface Setting<T = unknown> {
  /** Its name in the environment. A secret one may also come as `<variable>_FILE`. */
  readonly variable: string
  readonly description: string
  /** Never printed, and may be given as a file. */
  readonly secret: boolean
  /** What it is when nobody set it. */
  readonly default: (mode: Mode) => T
  /** @throws {@link WrongSetting} when the text is not such a value. */
  parse(text: string, mode: Mode): T
  /** Why a value that parses is too weak for this mode and what would be right; null when it is not. */
  weak(value: T, mode: Mode): string | null
  /** What this value opens to others, for a line that begins with the setting's name; null where nothing. */
  opens(value: T): string | null
}

/** What is wrong with a text, and what would be right. Never quotes it: it may be a secret put in the wrong place. */
export class WrongSetting extends Error {
  override readonly name = 'WrongSetting'
}

/** Fills in what most settings share: not secret, never weak, opening nothing. */
export function setting<T>(
  given: Pick<Setting<T>, 'variable' | 'description' | 'default' | 'parse'> & Partial<Setting<T>>,
): Setting<T> {
  return Object.freeze({ secret: false, weak: () => null, opens: () => null, ...given })
}

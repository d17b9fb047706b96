import { inspect } from 'node:util'

/**
 * A value that must not be printed. It shows as `[secret]` in messages, logs, JSON and the debugger; only
 * {@link Secret.release} opens it.
 */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself. Call it at the last moment, where the secret is used. */
  release(): T {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

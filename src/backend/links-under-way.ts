import { Refusal } from '../kernel/refusal.ts'

/**
 * One use of a link at a time in this process. A password is hashed before it is known whose use is first: whoever sent one good link a
 * thousand times at once would have a thousand hashed.
 */
export class LinksUnderWay {
  readonly #tokens = new Set<string>()

  /** @throws Refusal `link-invalid` while another use is under way: it is answered as if that were done. */
  async alone<T>(token: string, work: () => Promise<T>): Promise<T> {
    if (this.#tokens.has(token)) throw new Refusal('link-invalid')
    this.#tokens.add(token)
    try {
      return await work()
    } finally {
      this.#tokens.delete(token)
    }
  }
}

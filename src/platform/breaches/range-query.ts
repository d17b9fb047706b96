import { after, type Clock, type Moment, minutes, type Seconds, seconds } from '../../kernel/time.ts'

/**
 * A service that knows of passwords from breaches, asked by ranges: it is told the first digits of a hash and tells all that begin
 * with them, so that it learns neither the password nor its hash.
 *
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 */
export interface BreachService {
  /**
   * @param prefix - the first digits of a SHA-1 hash, in capitals.
   * @returns a line for each hash that begins so, the rest of its digits and how often it was seen: `00F1…:3`; with 0 it is padding.
   * @throws {@link BreachFault}
   */
  range(prefix: string): Promise<readonly string[]>
}

/** Why there is no answer. `paused`: it failed so often that it is left alone; `busy`: too many are waiting for it. */
export type BreachFaultReason = 'unreachable' | 'answer' | 'busy' | 'paused'

export class BreachFault extends Error {
  override readonly name = 'BreachFault'
  readonly reason: BreachFaultReason

  constructor(reason: BreachFaultReason) {
    super(`the breach service gave no answer: ${reason}`)
    this.reason = reason
  }
}

export interface BreachServiceOptions {
  /** What the prefix is put behind: `https://api.pwnedpasswords.com/range/`. */
  readonly url: string
  readonly clock: Clock
  /** For the whole of an answer. Default 1 s: somebody waits for it. */
  readonly timeout?: Seconds
}

/**
 * A client that the service can't hurt: so many requests at once, so long, so many bytes, no redirect followed. Answers are kept for
 * ten minutes, since people try a password again. After three failures in a row nothing is asked for half a minute.
 */
export function createBreachService({ url, clock, timeout = seconds(1) }: BreachServiceOptions): BreachService {
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<readonly string[]>>()
  let failures = 0
  let failedAt: Moment | undefined

  const ask = async (prefix: string): Promise<readonly string[]> => {
    try {
      const lines = await fetchRange(new URL(encodeURIComponent(prefix), url), timeout)
      failures = 0
      keep(kept, prefix, { lines, readAt: clock.now() })
      return lines
    } catch (error) {
      failures += 1
      failedAt = clock.now()
      throw error instanceof BreachFault ? error : new BreachFault('unreachable')
    }
  }

  return {
    async range(prefix) {
      const found = kept.get(prefix)
      if (found !== undefined && clock.now() < after(found.readAt, KEPT)) return found.lines
      const same = asking.get(prefix)
      if (same !== undefined) return same
      if (failures >= MOST_FAILURES && failedAt !== undefined && clock.now() < after(failedAt, PAUSE))
        throw new BreachFault('paused')
      // While it is ill, one at a time finds out whether it is well again.
      if (asking.size >= (failures >= MOST_FAILURES ? 1 : MOST_AT_ONCE)) throw new BreachFault('busy')
      const answer = ask(prefix).finally(() => asking.delete(prefix))
      asking.set(prefix, answer)
      return answer
    },
  }
}

async function fetchRange(url: URL, timeout: Seconds): Promise<readonly string[]> {
  const response = await fetch(url, {
    // Padding: without it the length of an encrypted answer would tell which range it is.
    headers: { 'add-padding': 'true', accept: 'text/plain', 'user-agent': 'holdfast' },
    // Followed by nobody: a redirect is no answer.
    redirect: 'manual',
    credentials: 'omit',
    signal: AbortSignal.timeout(timeout * 1000),
  })
  if (response.status !== 200) throw new BreachFault('answer')
  const chunks: Uint8Array[] = []
  let length = 0
  // Counted as it is read, after decompression. Leaving the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MOST_BYTES) throw new BreachFault('answer')
    chunks.push(chunk)
  }
  const lines = Buffer.concat(chunks).toString('latin1').split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (!lines.every((line) => /^[0-9A-Fa-f]{35}:[0-9]{1,10}$/.test(line))) throw new BreachFault('answer')
  return lines
}

function keep(kept: Map<string, Kept>, prefix: string, answer: Kept): void {
  kept.delete(prefix)
  kept.set(prefix, answer)
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) return
    kept.delete(oldest)
  }
}

interface Kept {
  readonly lines: readonly string[]
  readonly readAt: Moment
}

/** A range of the largest service there is has 100 KB, padded. */
const MOST_BYTES = 500_000
const MOST_AT_ONCE = 8
/** Answers: 15 MB where all are as large as they may be, and one or two where they are as they are. */
const MOST_KEPT = 30
const KEPT = minutes(10)
const MOST_FAILURES = 3
const PAUSE = seconds(30)

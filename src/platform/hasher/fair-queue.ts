/**
 * A bounded queue that is fair between those who ask: each in turn, and the oldest job of whose turn it is. What one asker has waiting
 * delays another by one job at most, however much it is.
 *
 * Keeps nothing of who has nothing waiting, so that there are never more askers than jobs.
 */
export class FairQueue<Job> {
  readonly #most: number
  /** In the order of their turns; none is empty. */
  readonly #turns = new Map<string, Job[]>()
  #size = 0

  /** @param most - jobs that may wait, of all askers together. */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#size
  }

  /** Whether a job of this asker would find a place, be it another's. */
  hasRoom(who: string): boolean {
    return this.#size < this.#most || this.#longest(who) !== undefined
  }

  /**
   * Puts a job in. Where all places are taken, the newest job of whoever has the most waiting gives way, this one counted; of several
   * who would have equally many, this one.
   *
   * @returns what gave way: another's job, or this one; `null` where there was room.
   */
  put(who: string, job: Job): Job | null {
    if (this.#size < this.#most) {
      this.#add(who, job)
      return null
    }
    const longest = this.#longest(who)
    const newest = longest === undefined ? undefined : this.#turns.get(longest)?.at(-1)
    if (longest === undefined || newest === undefined) return job
    this.remove(longest, newest)
    this.#add(who, job)
    return newest
  }

  /** Takes the job out whose turn it is; its asker's next turn comes after everybody else's. `undefined` where none waits. */
  take(): Job | undefined {
    for (const [who, jobs] of this.#turns) {
      const job = jobs.shift()
      this.#turns.delete(who)
      if (jobs.length > 0) this.#turns.set(who, jobs)
      this.#size -= 1
      return job
    }
    return undefined
  }

  /** Takes out a job that waits no longer. Nothing happens where it does not wait. */
  remove(who: string, job: Job): void {
    const jobs = this.#turns.get(who)
    const at = jobs?.indexOf(job) ?? -1
    if (jobs === undefined || at === -1) return
    jobs.splice(at, 1)
    this.#size -= 1
    if (jobs.length === 0) this.#turns.delete(who)
  }

  #add(who: string, job: Job): void {
    const jobs = this.#turns.get(who)
    if (jobs === undefined) this.#turns.set(who, [job])
    else jobs.push(job)
    this.#size += 1
  }

  /** Who has more waiting than this asker would have with one more; of several who have equally many, the one whose turn is last. */
  #longest(who: string): string | undefined {
    let most = (this.#turns.get(who)?.length ?? 0) + 1
    let longest: string | undefined
    for (const [other, { length }] of this.#turns) {
      if (length < most || (length === most && longest === undefined)) continue
      most = length
      longest = other
    }
    return longest
  }
}

import { randomInt } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { Seconds } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { type Comparison, compareTimes, isTold, LIMIT } from './compare-times.ts'
import { answerOf, difference } from './probe-people.ts'

/** Somebody is asked about in the same way, whoever they are. */
export interface Flow {
  /** `POST /auth/reset`. */
  readonly what: string
  /** Two kinds of people or more, of each as many; asked for anew now and then. One of each is there to warm up with. */
  readonly kinds: () => Promise<readonly Kind[]>
  readonly send: (subject: string) => Promise<NetworkReply>
  /** What everybody is to be told. */
  readonly answer: string
  /** By how much the twin's clock goes on before each round, so that no counter is reached. 0: it stays. */
  readonly apart: Seconds
  /** Tries of each kind. Default: as many as the effort says. */
  readonly tries?: number
  /** What a round needs beforehand. */
  readonly prepare?: () => Promise<void>
}

export interface Kind {
  /** `with an account`. */
  readonly who: string
  readonly subjects: readonly string[]
}

/**
 * Sends the same for people of each kind, in turns of random order, and compares answers whole and times by Welch's t and by
 * ranks. What was told once is looked for again, and counts when it is there in the same direction.
 *
 * @returns whether all were told the same in the same time.
 */
export async function alike(context: ProbeContext, flow: Flow): Promise<boolean> {
  const run = new Measurement(context, flow)
  const started = performance.now()
  const times: number[][] = []
  let seen = await run.measure(times)
  // What a busy machine blurs, more tries sharpen.
  for (let again = 0; again < 2 && run.odd === '' && coarse(seen) && performance.now() - started < PATIENCE; again++)
    seen = await run.measure(times)
  let told = seen.filter(({ comparison }) => isTold(comparison))
  if (told.length > 0 && run.odd === '') {
    const second = await run.measure([])
    told = second.filter(({ who, comparison }) => {
      const first = told.find((one) => one.who === who)
      return first !== undefined && isTold(comparison) && sameSide(first.comparison, comparison)
    })
    seen = second
  }
  const [base] = run.kinds
  const others = run.kinds.slice(1).map(({ who }) => who)
  context.record({
    side: 'negative',
    tried: `${flow.what}: comparing status, header fields and body of ${run.tries} answers each ${[base?.who, ...others].join(', ')}`,
    saw: run.odd === '' ? 'no difference' : run.odd,
    expected: 'no difference',
    ok: run.odd === '',
  })
  context.record({
    side: 'positive',
    tried: `${flow.what}: reading the answer`,
    saw: run.sample === undefined ? 'none' : answerOf(run.sample),
    expected: flow.answer,
    ok: run.sample !== undefined && answerOf(run.sample) === flow.answer,
  })
  if (run.odd !== '') return false
  for (const { who, comparison } of seen) {
    const isSeen = told.some((one) => one.who === who)
    const figures = figuresOf(comparison)
    if (!isSeen && comparison.smallest > COARSEST)
      throw new Unproved(`${flow.what}: the machine is too busy to tell: ${figures}`)
    context.record({
      side: 'negative',
      tried: `${flow.what}: comparing the times of ${run.tries} ${who} and ${run.tries} ${base?.who} (Welch’s t, without the slowest quarter)`,
      saw: figures,
      expected: `|t| below ${LIMIT}`,
      ok: !isSeen,
    })
  }
  return told.length === 0
}

/** How a kind compares with the first one. */
interface Seen {
  readonly who: string
  readonly comparison: Comparison
}

class Measurement {
  readonly #context: ProbeContext
  readonly #flow: Flow
  #rounds = 0
  /** The kinds as they were last asked for. */
  kinds: readonly Kind[] = []
  /** What the first answer was that differed; `''` where none did. */
  odd = ''
  /** The first answer, with which all others are compared. */
  sample: NetworkReply | undefined
  #typed = ''
  /** Of each kind in one measurement. */
  tries = 0

  constructor(context: ProbeContext, flow: Flow) {
    this.#context = context
    this.#flow = flow
  }

  /** @param times - milliseconds by kind; what is measured is added. */
  async measure(times: number[][]): Promise<readonly Seen[]> {
    this.tries = times[0]?.length ?? 0
    const wanted = this.tries + (this.#flow.tries ?? AT_ONCE * this.#context.effort.times('timed-rounds'))
    while (this.tries < wanted && this.odd === '' && !(this.tries > 0 && this.#context.effort.over())) {
      await this.#next()
      const [, ...measured] = turned(this.kinds)
      for (const subjects of measured.slice(0, wanted - this.tries)) {
        const turns = subjects.map((subject, kind) => async () => {
          const took = await this.#time(subject)
          const taken = times[kind]
          if (taken === undefined) times[kind] = [took]
          else taken.push(took)
        })
        for (const turn of shuffled(turns)) await turn()
        this.tries += 1
      }
    }
    const [base = [], ...others] = times
    return others.map((taken, index) => ({
      who: this.kinds[index + 1]?.who ?? '',
      comparison: compareTimes(taken, base),
    }))
  }

  /** The next round: later, and after a while with other people. What it opens and prepares for the first time is not measured. */
  async #next(): Promise<void> {
    const { apart, kinds, prepare } = this.#flow
    if (apart > 0) await this.#context.clock.advance(apart)
    await prepare?.()
    if (this.#rounds++ % FRESH !== 0) return
    this.kinds = await kinds()
    for (const subject of turned(this.kinds)[0] ?? []) await this.#time(subject)
  }

  async #time(subject: string): Promise<number> {
    const started = performance.now()
    const reply = await this.#flow.send(subject)
    const took = performance.now() - started
    if (this.sample === undefined) {
      this.sample = reply
      this.#typed = subject
    }
    const differs =
      answerOf(reply) === this.#flow.answer
        ? difference(reply, this.sample, { one: subject, other: this.#typed })
        : answerOf(reply)
    if (differs !== 'no difference') this.odd ||= differs
    return took
  }
}

/** Lists of one subject of each kind. */
const turned = (kinds: readonly Kind[]): readonly (readonly string[])[] =>
  (kinds[0]?.subjects ?? []).map((_, index) => kinds.map(({ subjects }) => subjects[index] ?? ''))

function shuffled<T>(list: readonly T[]): readonly T[] {
  const rest = [...list]
  return list.map(() => rest.splice(randomInt(rest.length), 1)[0] as T)
}

const coarse = (seen: readonly Seen[]): boolean => seen.some(({ comparison }) => comparison.smallest > COARSEST)

const sameSide = (one: Comparison, other: Comparison): boolean =>
  Math.sign(one.difference) === Math.sign(other.difference)

const figuresOf = ({ t, z, difference, smallest }: Comparison): string =>
  `t = ${t.toFixed(1)}, by ranks ${z.toFixed(1)}, a difference of ${difference.toFixed(2)} ms; ${smallest.toFixed(2)} ms would have been seen`

/**
 * Tries of each of two kinds that a round has; each person is tried once in it. Even two rounds counted as one are below what looks
 * like stuffing.
 */
export const AT_ONCE = 20
/** Rounds after which other people are tried: long before a password is locked. */
const FRESH = 40
/** Milliseconds after which nothing is measured again. */
const PATIENCE = 20_000
/** Milliseconds: a difference as small as this must be seen. */
const COARSEST = 5

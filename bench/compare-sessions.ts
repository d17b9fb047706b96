import { ask, requestBytes } from './ask.ts'
import { type Contestant, interleave } from './contest.ts'
import { compare, median, type Result } from './result.ts'

/**
 * A route that only somebody signed in may have and that needs no row: how much finding the session takes. Both answer the same few
 * bytes.
 */
export async function compareSessions(
  ours: Contestant,
  theirs: Contestant,
  options: {
    readonly rounds: number
    readonly seconds: number
    readonly cookies: ReadonlyMap<string, string>
  },
): Promise<readonly Result[]> {
  const measured = await interleave(
    'session check',
    options.rounds,
    [theirs, ours],
    async ({ name, port, cpu }) => {
      const request = requestBytes(port, '/private', { cookie: options.cookies.get(name) ?? '' })
      const before = await cpu()
      const { answered, seconds } = await ask({
        port,
        connections: CONNECTIONS,
        seconds: options.seconds,
        request: () => request,
      })
      const used = (await cpu()) - before
      return { rate: answered / seconds, each: used / answered, busy: used / 1e6 / seconds }
    },
    WARM_UPS,
  )
  const of = (contestant: Contestant, what: 'rate' | 'each' | 'busy'): number =>
    median((measured.get(contestant.name) ?? []).map((one) => one[what]))
  const pair = (what: 'rate' | 'each' | 'busy') => ({
    section: 'session check',
    ours: of(ours, what),
    theirs: { name: theirs.name, value: of(theirs, what) },
  })
  const cost = pair('each')
  return [
    compare({ ...pair('rate'), what: 'authenticated GET', unit: 'requests a second' }, LEAST),
    { ...cost, what: 'authenticated GET', unit: 'µs of server CPU', ratio: cost.theirs.value / cost.ours },
    { ...pair('busy'), what: 'how busy the server was', unit: 'cores' },
  ]
}

/** Times as many requests a second. */
const LEAST = 20
/** Enough that the server has always something to do while the bench takes its answers. */
const CONNECTIONS = 128
const WARM_UPS = 2

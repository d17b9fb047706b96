import { ask, requestBytes } from './ask.ts'
import { type Contestant, interleave } from './contest.ts'
import { compare, median, type Result } from './result.ts'

/** A server that people sign in to, and where. */
export interface SignInPlace {
  readonly contestant: Contestant
  readonly path: string
  /** Times as many sign-ins a second and core as it that ours must do; absent for ours. */
  readonly least?: number
}

/**
 * Whole sign-ins: request over TLS, account read, password compared, session written, cookie set. A core is CPU time of the server and of what
 * hashes for it; the database is not in it.
 */
export async function compareSignIns(
  ours: SignInPlace,
  others: readonly SignInPlace[],
  options: {
    readonly rounds: number
    readonly seconds: number
    readonly people: readonly string[]
    readonly password: string
  },
): Promise<readonly Result[]> {
  const places = new Map([...others, ours].map((place) => [place.contestant, place]))
  // Nobody signs in twice at a time, and nobody collects more sessions than others.
  let turn = 0
  const measured = await interleave(
    'sign-in',
    options.rounds,
    [...places.keys()],
    async (contestant) => {
      const { port } = contestant
      const path = places.get(contestant)?.path ?? ''
      const before = await contestant.cpu()
      const { answered, seconds } = await ask({
        port,
        connections: 8,
        seconds: options.seconds,
        request: () => {
          const email = options.people[turn++ % options.people.length]
          return requestBytes(port, path, { body: { email, password: options.password } })
        },
      })
      const used = (await contestant.cpu()) - before
      return { perCore: (answered * 1e6) / used, wall: answered / seconds }
    },
    WARM_UPS,
  )
  const of = ({ contestant }: SignInPlace, what: 'perCore' | 'wall'): number =>
    median((measured.get(contestant.name) ?? []).map((one) => one[what]))
  const against = (place: SignInPlace, what: 'perCore' | 'wall', unit: string, least?: number): Result =>
    compare(
      {
        section: 'sign-in',
        what: 'with the right password',
        unit,
        ours: of(ours, what),
        theirs: { name: place.contestant.name, value: of(place, what) },
      },
      least,
    )
  return others.flatMap((place) => [
    against(place, 'perCore', 'a second and core', place.least),
    against(place, 'wall', 'a second, all cores'),
  ])
}

/** So few are made a second that one round leaves much of the code as it was first loaded. */
const WARM_UPS = 4

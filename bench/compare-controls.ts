import { type Contestant, interleave } from './contest.ts'
import { load, measureLatency } from './load.ts'
import { median, type Result } from './result.ts'

export interface Work {
  readonly rounds: number
  readonly seconds: number
  /** The `cookie` field of a member who is signed in to ours. */
  readonly cookie: string
  readonly noteId: string
}

/** What the controls cost: ours beside bare Fastify and stock pg, which do the same work without any. */
export async function compareControls(ours: Contestant, bare: Contestant, work: Work): Promise<readonly Result[]> {
  const { rounds, seconds, cookie, noteId } = work
  const both = [bare, ours]
  const of = ({ name }: Contestant) => (name === ours.name ? cookie : undefined)
  const body = JSON.stringify({ title: 'A note of the bench', body: 'x'.repeat(980) })
  const results: Result[] = []
  for (const { what, path, body: sent } of [
    { what: 'anonymous GET', path: '/public', body: undefined },
    { what: 'authenticated GET', path: '/private', body: undefined },
    { what: 'authenticated GET with a row', path: `/notes/${noteId}`, body: undefined },
    { what: 'authenticated POST of 1 KB, inserted', path: '/notes', body },
  ]) {
    const each = await interleave(what, rounds, both, async (contestant) => {
      const before = await contestant.cpu()
      const done = await load({ port: contestant.port, path, seconds, cookie: of(contestant), body: sent })
      return ((await contestant.cpu()) - before) / done
    })
    results.push(less('µs of server CPU', what, each))
  }
  const latency = await interleave('latency at a fixed load', rounds, both, (contestant) =>
    measureLatency({ port: contestant.port, path: `/notes/${noteId}`, seconds, cookie: of(contestant) }),
  )
  results.push(less('ms', 'p99 at 1,000 requests a second, GET with a row', latency))
  return results

  /** Less is better. */
  function less(unit: string, what: string, measured: ReadonlyMap<string, readonly number[]>): Result {
    const [value, baseline] = [median(measured.get(ours.name) ?? []), median(measured.get(bare.name) ?? [])]
    return {
      section: 'controls',
      what,
      unit,
      ours: value,
      theirs: { name: bare.name, value: baseline },
      ratio: baseline / value,
    }
  }
}

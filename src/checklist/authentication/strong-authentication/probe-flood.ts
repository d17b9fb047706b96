import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { largestHasher } from './hasher-memory.ts'
import { answerOf, elsewhere, goodPassword, newEmail, newPerson, signIn } from './probe-people.ts'

/** What a flood of sign-ins does. */
export const floodClaims: readonly Claim[] = [
  {
    id: 'flood',
    says: 'Under 300 sign-ins at once other routes answer within 2 s, also those that ask the database; what can’t be served is told when to come back; server and hasher together grow by less than 300 MiB.',
    level: 'required',
    needs: ['network'],
    effect: 'loads',
    keeps: days(30),
    exclusive: true,
    byHand: `printf '127.0.%s\\n' {1..3}.{1..100} | xargs -P 300 -I{} curl -sk --interface {} -o /dev/null -w '%{http_code}\\n' -H 'content-type: application/json' -d '{"email":"{}@probe.example","password":"lantern gravel seven"}' ORIGIN/auth/sign-in | sort | uniq -c`,
    async prove(context) {
      const person = await newPerson(context)
      const device = /__Host-device=[^;\s]+/.exec((await signIn(context, person)).headers['set-cookie'] ?? '')?.[0]
      const hasherBefore = await largestHasher()
      const serverBefore = serverMemory()
      let over = false
      const others = Promise.all(
        OTHERS.map(async (path) => {
          let [slowest, answered, asked, largest] = [0, 0, 0, 0]
          while (!over) {
            const started = performance.now()
            const reply = await context.network.request({ path, token: person.token, timeout: 20_000 })
            slowest = Math.max(slowest, performance.now() - started)
            largest = Math.max(largest, serverMemory())
            asked += 1
            if (reply.status === 200) answered += 1
            await new Promise((resolve) => setTimeout(resolve, 50))
          }
          return { path, slowest, answered, asked, largest }
        }),
      )
      const texts = await Promise.all(
        Array.from({ length: CONNECTIONS }, () =>
          context.network.raw(pipelined(context.network.origin, PER_CONNECTION), {
            timeout: 30_000,
            from: elsewhere(),
          }),
        ),
      )
      over = true
      const told = await others

      const replies = texts.flatMap((text) => text.toString('latin1').split(/(?=HTTP\/1\.1 \d{3} )/))
      const refused = replies.filter((reply) => reply.startsWith('HTTP/1.1 503 '))
      const wrong = replies.filter((reply) => reply.startsWith('HTTP/1.1 401 '))
      // So many wrong ones may be taken for stuffing before the last of them has come. A 429 would say that the flood met
      // somebody's budget rather than the hasher.
      const challenged = replies.filter(
        (reply) => reply.startsWith('HTTP/1.1 403 ') && reply.includes('"challenge-required"'),
      )
      const toldToWait = refused.filter((reply) => /\r\nretry-after: \d+\r\n/i.test(reply))
      context.expect(
        'positive',
        `answers to ${SIGN_INS} sign-ins at once, from ${CONNECTIONS} client addresses`,
        refused.length + wrong.length + challenged.length,
        SIGN_INS,
      )
      context.record({
        side: 'positive',
        tried: 'counting those whose password was compared',
        saw: `${wrong.length}`,
        expected: 'some',
        ok: wrong.length > 0,
      })
      context.record({
        side: 'negative',
        tried: 'counting those that were refused rather than queued without end',
        saw: `${refused.length}, of which ${toldToWait.length} are told when to try again`,
        expected: 'some, all of them told',
        ok: refused.length > 0 && toldToWait.length === refused.length,
      })
      for (const { path, slowest, answered, asked } of told) {
        context.record({
          side: 'positive',
          tried: `asking GET ${path} all the while`,
          saw: `${answered} of ${asked} answered with 200, the slowest after ${Math.round(slowest)} ms`,
          expected: `all of them, each within ${SLOWEST} ms`,
          ok: asked > 0 && answered === asked && slowest <= SLOWEST,
        })
      }
      context.expect(
        'positive',
        'signing in afterwards from a known device',
        answerOf(await signIn(context, person, device)),
        '200',
      )

      const hasher = await largestHasher()
      if (hasher === null || hasherBefore === null)
        throw new Unproved('no hasher process can be seen from here, so its memory is not known')
      context.record({
        side: 'negative',
        tried: 'reading the most memory the hasher process ever held',
        saw: `${Math.round(hasher.most)} MiB`,
        expected: `at most ${MOST_MEMORY} MiB`,
        ok: hasher.most <= MOST_MEMORY,
      })
      const grown = Math.max(...told.map(({ largest }) => largest)) - serverBefore + hasher.most - hasherBefore.now
      context.record({
        side: 'negative',
        tried: 'reading how much memory servers and hasher took beyond what they had before, those who ask included',
        saw: `${Math.round(grown)} MiB`,
        expected: `at most ${MOST_GROWTH} MiB`,
        ok: grown <= MOST_GROWTH,
      })
    },
  },
]

/** Sign-ins one after the other on one connection without waiting, each for somebody unknown: within the budgets of all. */
export function pipelined(origin: string, count: number): string {
  const { host } = new URL(origin)
  return Array.from({ length: count }, (_, index) => {
    const body = JSON.stringify({ email: newEmail(), password: goodPassword() })
    return [
      'POST /auth/sign-in HTTP/1.1',
      `host: ${host}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      ...(index === count - 1 ? ['connection: close'] : []),
      '',
      body,
    ].join('\r\n')
  }).join('')
}

/** Fewer handshakes, so that the sign-ins come faster than they can be hashed. */
const CONNECTIONS = 75
const PER_CONNECTION = 4
const SIGN_INS = CONNECTIONS * PER_CONNECTION
/** The second looks its account up in the database. */
const OTHERS = ['/health/live', '/auth/session']
/** MiB. A twin's nodes run in the process of who tries this, so that the connections' other ends are in it too. */
const serverMemory = (): number => process.memoryUsage.rss() / 2 ** 20
/** Milliseconds; the handshakes of the flood are in it. */
const SLOWEST = 2_000
/** MiB: two hashes of 19, Node itself some 60 to 90. */
const MOST_MEMORY = 256
/** MiB over what was there before. */
const MOST_GROWTH = 300

import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { largestHasher } from './hasher-memory.ts'
import { answerOf, elsewhere, goodPassword, newEmail, newPerson, signIn } from './probe-people.ts'

/** What a flood of sign-ins does. */
export const floodClaims: readonly Claim[] = [
  {
    id: 'flood',
    says: 'Under 300 sign-ins at once other routes answer within 2 s, what can’t be served is told when to come back, and hashing stays below 256 MiB.',
    level: 'required',
    needs: ['network'],
    effect: 'loads',
    keeps: days(30),
    exclusive: true,
    byHand: `printf '127.0.%s\\n' {1..3}.{1..100} | xargs -P 300 -I{} curl -sk --interface {} -o /dev/null -w '%{http_code}\\n' -H 'content-type: application/json' -d '{"email":"{}@probe.example","password":"lantern gravel seven"}' ORIGIN/auth/sign-in | sort | uniq -c`,
    async prove(context) {
      const person = await newPerson(context)
      const device = /__Host-device=[^;\s]+/.exec((await signIn(context, person)).headers['set-cookie'] ?? '')?.[0]
      let over = false
      const others = (async () => {
        let slowest = 0
        let answered = 0
        while (!over) {
          const started = performance.now()
          const reply = await context.network.request({ path: '/health/live', timeout: 20_000 })
          if (reply.status === 200) answered += 1
          slowest = Math.max(slowest, performance.now() - started)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        return { slowest, answered }
      })()
      const texts = await Promise.all(
        Array.from({ length: CONNECTIONS }, () =>
          context.network.raw(pipelined(context.network.origin), { timeout: 30_000, from: elsewhere() }),
        ),
      )
      over = true
      const { slowest, answered } = await others

      const replies = texts.flatMap((text) => text.toString('latin1').split(/(?=HTTP\/1\.1 \d{3} )/))
      const refused = replies.filter((reply) => reply.startsWith('HTTP/1.1 503 '))
      const wrong = replies.filter((reply) => reply.startsWith('HTTP/1.1 401 '))
      // So many wrong ones may be taken for stuffing before the last of them has come. A 429 would say that the flood met
      // somebody's budget rather than the hasher.
      const challenged = replies.filter(
        (reply) => reply.startsWith('HTTP/1.1 403 ') && reply.includes('"challenge-required"'),
      )
      const told = refused.filter((reply) => /\r\nretry-after: \d+\r\n/i.test(reply))
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
        saw: `${refused.length}, of which ${told.length} are told when to try again`,
        expected: 'some, all of them told',
        ok: refused.length > 0 && told.length === refused.length,
      })
      context.record({
        side: 'positive',
        tried: 'asking GET /health/live all the while',
        saw: `${answered} answers, the slowest after ${Math.round(slowest)} ms`,
        expected: `answers, each within ${SLOWEST} ms`,
        ok: answered > 0 && slowest <= SLOWEST,
      })
      context.expect(
        'positive',
        'signing in afterwards from a known device',
        answerOf(await signIn(context, person, device)),
        '200',
      )

      const memory = await largestHasher()
      if (memory === null) throw new Unproved('no hasher process can be seen from here, so its memory is not known')
      context.record({
        side: 'negative',
        tried: 'reading the most memory the hasher process ever held',
        saw: `${memory} MiB`,
        expected: `at most ${MOST_MEMORY} MiB`,
        ok: memory <= MOST_MEMORY,
      })
    },
  },
]

/** Sign-ins one after the other on one connection without waiting, each for somebody unknown: within the budgets of all. */
function pipelined(origin: string): string {
  const { host } = new URL(origin)
  return Array.from({ length: PER_CONNECTION }, (_, index) => {
    const body = JSON.stringify({ email: newEmail(), password: goodPassword() })
    return [
      'POST /auth/sign-in HTTP/1.1',
      `host: ${host}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      ...(index === PER_CONNECTION - 1 ? ['connection: close'] : []),
      '',
      body,
    ].join('\r\n')
  }).join('')
}

/** Fewer handshakes, so that the sign-ins come faster than they can be hashed. */
const CONNECTIONS = 75
const PER_CONNECTION = 4
const SIGN_INS = CONNECTIONS * PER_CONNECTION
/** Milliseconds; the handshakes of the flood are in it. */
const SLOWEST = 2_000
/** MiB: two hashes of 19, Node itself some 60 to 90. */
const MOST_MEMORY = 256

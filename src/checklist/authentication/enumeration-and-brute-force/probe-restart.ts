import { request } from 'node:https'
import { createServer } from 'node:net'
import type { Claim } from '../../../kernel/claim.ts'
import { days, seconds } from '../../../kernel/time.ts'
import type { StartedProcess } from '../../../kernel/vantage.ts'
import { FREE } from './probe-budget.ts'
import { answerOf, person, signIn, somewhere, tally, WRONG } from './probe-people.ts'

/** What a process that was not there yet knows of who was tried. */
export const restartClaims: readonly Claim[] = [
  {
    id: 'restart',
    says: 'A backend that is started goes on with what was counted before it, by others and in another process.',
    level: 'required',
    needs: ['network', 'database', 'host'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand: 'guess six times, stop the backend, start it, and guess a seventh time',
    async prove(context) {
      const [victim, other] = [await person(context), await person(context)]
      const answers: string[] = []
      for (let n = 0; n < GUESSES; n++) {
        if (n >= FREE) await context.clock.advance(seconds(2 ** (n - FREE)))
        const guess = { email: victim.email, password: WRONG }
        answers.push(answerOf(await signIn(context, guess, { from: somewhere() })))
      }
      context.expect(
        'positive',
        'guessing, with the waits between',
        tally(answers),
        `401 credentials-wrong × ${GUESSES}`,
      )
      const port = String(await freePort())
      const attempt = await context.host.start({ HOLDFAST_PORT: port }, 'start', async (running) => {
        const guessed = await signInAt(running, victim.email, WRONG)
        context.expect(
          'negative',
          'one more guess at a process that was just started',
          guessed,
          '429 too-many-attempts',
        )
        const right = await signInAt(running, victim.email, victim.password)
        context.expect('negative', 'the right password there', right, '429 too-many-attempts')
        const bystander = await signInAt(running, other.email, other.password)
        context.expect('positive', 'somebody else signing in there', bystander, '200')
      })
      context.expect('positive', 'starting it', String(attempt.outcome), 'started')
    },
  },
]

function signInAt({ origin, ca }: StartedProcess, email: string, password: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ email, password })
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = request(`${origin}/auth/sign-in`, { method: 'POST', ca, headers, timeout: 10_000 }, (reply) => {
      const pieces: Buffer[] = []
      reply.on('data', (piece: Buffer) => void pieces.push(piece))
      reply.on('end', () => resolve(said(reply.statusCode ?? 0, Buffer.concat(pieces).toString('utf8'))))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function said(status: number, text: string): string {
  const code = /"code":"([a-z-]+)"/.exec(text)?.[1]
  return code === undefined ? String(status) : `${status} ${code}`
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Behind as many the next wait is longer than the start takes: 64 seconds. */
const GUESSES = FREE + 6

import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { newPerson, refusal, send, tryToken, UNAUTHENTICATED } from './probe-people.ts'

/** How soon every node knows that a session ended. */
export const nodeClaims: readonly Claim[] = [
  {
    id: 'second-node',
    says: 'An ended session is refused at once by the node that ended it, and within a second by every other.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    byHand: 'use a token on both nodes; POST /auth/sign-out on one; the token on the other until it is refused',
    async prove(context) {
      for (const [here, there] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const { token } = await newPerson(context)
        // Twice: so that both have it in memory.
        for (const node of [here, there, here, there]) {
          context.expect('positive', `the token on node ${node}`, (await tryToken(context, token, node)).status, 200)
        }
        await send(context, token, 'POST', '/auth/sign-out', undefined, here)
        const same = await tryToken(context, token, here)
        context.expect('negative', `after the sign-out on node ${here}, there`, same.status, UNAUTHENTICATED)
        const other = `after the sign-out on node ${here}, on node ${there}`
        if (!context.expect('negative', other, await refusal(context, token, there), 'within a second')) return
      }
    },
  },
  {
    id: 'channel-down',
    says: 'While nodes can not tell each other, an ended session is refused all the same, and afterwards too.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand:
      'cut the LISTEN connection of one node (pg_terminate_backend); sign out on the other; the token on the first',
    async prove(context) {
      const during = await newPerson(context)
      const next = await newPerson(context)
      const after = await newPerson(context)
      for (const { token } of [during, next, after]) {
        for (const node of [0, 1, 1] as const) {
          context.expect('positive', `a token before, node ${node}`, (await tryToken(context, token, node)).status, 200)
        }
      }
      await context.faults.revocationChannel('down')
      try {
        const use = await tryToken(context, during.token, 1)
        context.expect('positive', 'a token while the channel is down', use.status, 200)
        await send(context, during.token, 'POST', '/auth/sign-out')
        await send(context, after.token, 'POST', '/auth/sign-out')
        const same = await tryToken(context, during.token, 0)
        context.expect('negative', 'signed out while the channel is down, same node', same.status, UNAUTHENTICATED)
        // A link that dies without a word is noticed in less than the second that a revocation may take.
        const other = await refusal(context, during.token, 1)
        context.expect('negative', 'signed out while the channel is down, other node', other, 'within a second')
        // From then on a node that hears nothing asks: there is no second to wait any more.
        await sleep(NOTICED_MILLISECONDS)
        context.expect('positive', 'another token then', (await tryToken(context, next.token, 1)).status, 200)
        await send(context, next.token, 'POST', '/auth/sign-out')
        const at = await tryToken(context, next.token, 1)
        context.expect('negative', 'signed out then, the next request on the other node', at.status, UNAUTHENTICATED)
      } finally {
        await context.faults.revocationChannel('up')
      }
      // Somebody whose session that node knows from after the gap: what it knows from before it is not believed for that.
      const { token } = await newPerson(context)
      for (let tries = 0; tries < 20; tries++) {
        const seen = await tryToken(context, token, 1)
        if (tries === 0) context.expect('positive', 'a token when the channel is up again', seen.status, 200)
        await sleep(20)
      }
      const late = await refusal(context, after.token, 1)
      context.expect('negative', 'first asked of the other node when the channel is up again', late, 'within a second')
    },
  },
]

/** A link that died is noticed sooner than that. */
const NOTICED_MILLISECONDS = 1_000

import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { newPerson, tryToken } from './probe-people.ts'

/** What a session in use costs the database. */
export const steadyClaims: readonly Claim[] = [
  {
    id: 'no-query',
    says: 'A session in use is found without asking the database: after its first request on a node, a hundred more look nothing up.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    exclusive: true,
    byHand:
      "create extension pg_stat_statements; ask GET /auth/session 100 times; select sum(calls) from pg_stat_statements where query like '%token_hash%'",
    async prove(context) {
      const { accountId, token } = await newPerson(context)
      const counter = await openCounter(context)
      try {
        for (const node of [0, 1] as const) {
          const before = await counter.lookups()
          const first = await tryToken(context, token, node)
          context.expect('positive', `the first request with a token on node ${node}`, first.status, 200)
          const looked = (await counter.lookups()) - before
          context.record({
            side: 'positive',
            tried: 'counting the statements that look for a token, so that there is something to count',
            saw: `${looked}`,
            expected: 'one or more',
            ok: looked > 0,
          })
          // A link to the database that was lost for a moment has sessions looked up anew, and rightly so.
          let asked = Number.POSITIVE_INFINITY
          for (let go = 0; go < GOES && asked > 0; go += 1) {
            await sleep(PAUSE)
            await tryToken(context, token, node)
            const steady = await counter.lookups()
            let answered = 0
            for (let n = 0; n < REQUESTS; n += 1) {
              const reply = await tryToken(context, token, node)
              if (reply.status === 200 && reply.accountId === accountId) answered += 1
            }
            context.expect('positive', `${REQUESTS} more, answered for the same account`, answered, REQUESTS)
            asked = Math.min(asked, (await counter.lookups()) - steady)
          }
          context.expect('negative', 'counting the statements that look for a token meanwhile', asked, 0)
        }
      } finally {
        await counter.close()
      }
    },
  },
]

/** Counts in a schema of its own, which is gone afterwards. The library is loaded in twins' clusters; where it is not, this throws. */
async function openCounter({ database: { admin } }: ProbeContext): Promise<{
  lookups(): Promise<number>
  close(): Promise<void>
}> {
  await admin.query(`create schema ${SCHEMA}`)
  const close = async (): Promise<void> => void (await admin.query(`drop schema ${SCHEMA} cascade`))
  try {
    await admin.query(`create extension pg_stat_statements schema ${SCHEMA}`)
  } catch (error) {
    await close()
    throw error
  }
  return {
    async lookups() {
      const { rows } = await admin.query(
        `select coalesce(sum(calls), 0)::integer as calls from ${SCHEMA}.pg_stat_statements
         where dbid = (select oid from pg_catalog.pg_database where datname = current_database())
           and query ilike '%token_hash%' and query ilike '%holdfast%session%' and query not ilike '%pg_stat_statements%'`,
      )
      return Number(rows[0]?.calls)
    },
    close,
  }
}

const REQUESTS = 100
const GOES = 3
/** Milliseconds. */
const PAUSE = 100
const SCHEMA = 'probe_steady'

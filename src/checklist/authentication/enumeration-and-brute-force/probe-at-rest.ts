import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import { deviceOf, person, signIn, somewhere, WRONG } from './probe-people.ts'

/** What a copy of the database gives away of who was tried, and from where. */
export const atRestClaims: readonly Claim[] = [
  {
    id: 'at-rest',
    says: 'What is counted is kept under keyed hashes, and a device’s token as its hash: a copy of the database tells neither who was tried nor signs anybody in.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(30),
    byHand: "psql -c 'select * from holdfast.attempt' -c 'select * from holdfast.known_device'",
    async prove(context) {
      const somebody = await person(context)
      const from = somewhere()
      const count = (sql: string, ...values: readonly unknown[]): Promise<number> =>
        context.database.admin.query(sql, values).then(({ rows }) => Number(rows[0]?.n))
      const attempts = (): Promise<number> => count('select count(*) as n from holdfast.attempt')
      const before = await attempts()
      await signIn(context, { email: somebody.email, password: WRONG }, { from })
      context.record({
        side: 'positive',
        tried: 'counting the counters before and after a wrong password',
        saw: (await attempts()) > before ? 'more' : 'no more',
        expected: 'more',
        ok: (await attempts()) > before,
      })
      for (const [what, text] of [
        ['the account’s address', somebody.email],
        ['the client’s address', from],
      ] as const) {
        const readable = await count(
          `select count(*) as n from holdfast.attempt a where strpos(a::text, $1::text) > 0
            or subject_hash in (sha256(convert_to($1::text, 'UTF8')), sha256(convert_to(upper($1::text), 'UTF8')))`,
          text,
        )
        context.expect('negative', `looking for ${what}, and for its hash without a key`, readable, 0)
      }
      const token = deviceOf(await signIn(context, somebody, { from })).split('=')[1] ?? ''
      const kept = await count(
        'select count(*) as n from holdfast.known_device where token_hash = sha256($1::text::bytea)',
        token,
      )
      context.expect('positive', 'looking for the device’s token by its hash', kept, 1)
      const plain = await count(
        "select count(*) as n from holdfast.known_device d where strpos(d::text, $1::text) > 0 or strpos(d::text, encode($1::text::bytea, 'hex')) > 0",
        token,
      )
      context.expect('negative', 'looking for the token itself', plain, 0)
    },
  },
]

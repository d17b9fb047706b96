import { createHash, randomBytes } from 'node:crypto'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'

/**
 * The link for the first owner. These twins have owners from the start, so each claim takes their role away first; it runs
 * in a twin of its own.
 */
export const enrolmentClaims: readonly Claim[] = [
  {
    id: 'enrolment-once',
    says: 'The enrolment link makes one owner, once, also when it is used several times at once; an altered one makes none.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    exclusive: true,
    keeps: days(7),
    byHand: 'open the enrolment link of the first start a second time: it is not valid any more',
    prove: async (context) => {
      await withoutOwners(context)
      const token = await openLink(context, { expiresIn: HOUR })
      const altered = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`
      await expectRefused(context, altered, 'an altered link')
      await expectRefused(context, token.slice(0, -1), 'a shortened link')
      const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await enrol(context, token)).status))
      const made = statuses.filter((status) => status === 201).length
      context.expect('positive', 'the link makes an owner', String(made > 0), 'true')
      context.expect('negative', 'owners that one link makes, used five times at once', await owners(context), 1)
      // Without its owner only the use of the link itself stands between it and a second one.
      await withoutOwners(context)
      await expectRefused(context, token, 'the link once more')
    },
  },
  {
    id: 'enrolment-expires',
    says: 'The enrolment link is good for an hour at most.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    exclusive: true,
    keeps: days(7),
    byHand: 'open the enrolment link of a first start more than an hour ago: it is not valid any more',
    prove: async (context) => {
      await withoutOwners(context)
      const late = await openLink(context, { expiresIn: -1_000 })
      await expectRefused(context, late, 'a link that ended a second ago')
      const invitation = await openLink(context, { expiresIn: HOUR, purpose: 'invitation' })
      await expectRefused(context, invitation, 'an invitation in place of the link')
      const good = await enrol(context, await openLink(context, { expiresIn: HOUR }))
      context.expect('positive', 'a link in its hour', good.status, 201)
    },
  },
  {
    id: 'enrolment-first-only',
    says: 'No enrolment link is worth anything once somebody owns the backend.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    exclusive: true,
    keeps: days(7),
    byHand: 'see src/checklist/server/secure-configuration/enrolment.test.ts',
    prove: async (context) => {
      await withoutOwners(context)
      const [first, second] = [
        await openLink(context, { expiresIn: HOUR }),
        await openLink(context, { expiresIn: HOUR }),
      ]
      context.expect('positive', 'the first of two links', (await enrol(context, first)).status, 201)
      await expectRefused(context, second, 'the second of two links')
    },
  },
]

const HOUR = 3_600_000 // milliseconds

/** Stores a link as the backend does, by its hash alone, and gives its token. */
async function openLink(
  context: ProbeContext,
  options: { readonly expiresIn: number; readonly purpose?: 'invitation' },
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const expires = context.clock.now() + options.expiresIn
  await context.database.admin.query(
    'insert into holdfast.one_time_link (token_hash, purpose, created_at, expires_at) values ($1, $2, $3, $4)',
    [
      createHash('sha256').update(token).digest(),
      options.purpose ?? 'enrolment',
      new Date(expires - HOUR),
      new Date(expires),
    ],
  )
  return token
}

async function enrol(context: ProbeContext, token: string) {
  const unique = randomBytes(6).toString('hex')
  return context.network.request({
    method: 'POST',
    path: '/auth/enrol',
    body: { token, email: `owner-${unique}@probe.example`, name: 'First Owner', password: `granite ${unique} lantern` },
  })
}

async function expectRefused(context: ProbeContext, token: string, what: string): Promise<void> {
  const before = await accounts(context)
  const reply = await enrol(context, token)
  // A token that can't be one may be refused by its form already.
  const refused = reply.status === 410 || reply.status === 400
  context.expect('negative', `enrolment with ${what}`, refused ? 'refused' : `status ${reply.status}`, 'refused')
  context.expect('negative', `accounts made with ${what}`, (await accounts(context)) - before, 0)
}

async function withoutOwners(context: ProbeContext): Promise<void> {
  await context.database.admin.query(`delete from holdfast.account_role where role = 'owner'`)
}

const owners = (context: ProbeContext): Promise<number> =>
  count(context, `select count(*)::integer as n from holdfast.account_role where role = 'owner'`)

const accounts = (context: ProbeContext): Promise<number> =>
  count(context, 'select count(*)::integer as n from holdfast.account')

async function count(context: ProbeContext, text: string): Promise<number> {
  const { rows } = await context.database.admin.query(text)
  return Number(rows[0]?.n)
}

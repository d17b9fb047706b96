import { createHash, randomBytes } from 'node:crypto'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { filesHolding } from './probe-places.ts'

/**
 * The link for the first owner. These twins have owners from the start, so the claim takes their role away first; it runs in
 * a twin of its own.
 */
export const enrolmentClaims: readonly Claim[] = [
  {
    id: 'enrolment-link',
    says: 'The enrolment link makes the first owner: once, within its hour, and nobody after.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    exclusive: true,
    keeps: days(7),
    byHand: 'open the enrolment link of the first start a second time: it is not valid any more',
    prove: async (context) => {
      await withoutOwners(context)
      await expectRefused(context, await openLink(context, { expiresIn: -1_000 }), 'a link that ended a second ago')
      const invitation = await openLink(context, { expiresIn: HOUR, purpose: 'invitation' })
      await expectRefused(context, invitation, 'an invitation in place of the link')

      const token = await openLink(context, { expiresIn: HOUR })
      const second = await openLink(context, { expiresIn: HOUR })
      await expectRefused(context, `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`, 'an altered link')
      await expectRefused(context, token.slice(0, -1), 'a shortened link')
      const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await enrol(context, token)).status))
      context.expect('positive', 'the link makes an owner', String(statuses.includes(201)), 'true')
      context.expect('negative', 'owners that one link makes, used five times at once', await owners(context), 1)
      await expectRefused(context, second, 'another link once there is an owner')
      // Without its owner, only the mark on the link stands between it and a second one.
      await withoutOwners(context)
      await expectRefused(context, token, 'the link once more')
    },
  },
  {
    id: 'enrolment-link-unseen',
    says: 'The enrolment link is shown to whoever starts the backend, and is in no file of it.',
    level: 'required',
    needs: ['host'],
    effect: 'writes',
    // A first start: with a database of its own in the state directory that other claims look through.
    exclusive: true,
    keeps: days(7),
    byHand: 'npm start on a new state directory; grep -r THE_TOKEN .holdfast   # nothing',
    prove: proveUnseen,
  },
]

async function proveUnseen(context: ProbeContext): Promise<void> {
  let found = { held: [] as string[], read: 0 }
  let folder = ''
  const attempt = await context.host.start({}, 'dev', async ({ stateDirectory }) => {
    folder = stateDirectory
  })
  const saw = attempt.outcome === 'started' ? 'started' : `exit ${attempt.outcome}: ${attempt.stderr.slice(0, 200)}`
  context.expect('positive', 'a first start', saw, 'started')
  const token = /\/enrol\/([\w-]{43})/.exec(attempt.stdout)?.[1] ?? ''
  context.expect('positive', 'the link in what it prints', token === '' ? 'not shown' : 'shown', 'shown')
  if (token !== '') found = await filesHolding(folder, token)
  context.expect('positive', 'files that it left were read', String(found.read > 0), 'true')
  context.expect('negative', `files of ${found.read} that hold the link`, found.held.join(', ') || 'none', 'none')
}

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

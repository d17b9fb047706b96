import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { ProbeContext, TwinIdentity } from '../../../kernel/vantage.ts'
import {
  accountOf,
  begin,
  comeBack,
  newcomer,
  outcomeOf,
  REFUSED,
  SIGNED_IN,
  signInAs,
  visit,
} from './probe-openid-browser.ts'
import { answerOf } from './probe-people.ts'

/** @param base - what it shares with the other claims on outside providers. */
export const openIdLinkingClaim = (base: Pick<Claim, 'level' | 'effect' | 'keeps' | 'needs' | 'present'>): Claim => ({
  ...base,
  id: 'openid-linking',
  says: 'A provider’s word opens no account but the one that added it: not by its address, not unverified, not another’s, and not past a second factor.',
  needs: ['network', 'database'],
  byHand: 'sign in with a provider that says the address of an account which has not added it',
  prove,
})

async function prove(context: ProbeContext): Promise<void> {
  const member = context.identity('member')
  await proveAddress(context, member)
  const { provider } = await begin(context)
  const there = { ...newcomer(), email: member.email }
  await proveLinking(context, { provider, there, member })
  await proveRemoving(context, { provider, there, member })
  await proveSecondFactor(context, provider)
}

/** An address is not proof: neither of an account that has it, nor, unverified, of a new one. */
async function proveAddress(context: ProbeContext, { email, accountId }: TwinIdentity): Promise<void> {
  const taken = await signInAs(context, { claims: { ...newcomer(), email } })
  context.expect('negative', 'somebody there, with the verified address of an account here', outcomeOf(taken), REFUSED)
  context.expect('negative', 'identities of that account', await count(context, IDENTITIES, accountId), 0)
  for (const verified of [false, null, 'true', 1]) {
    const claims = { ...newcomer(), email_verified: verified }
    const reply = await signInAs(context, { claims })
    const how = verified === null ? 'without email_verified' : `with email_verified ${JSON.stringify(verified)}`
    context.expect('negative', `somebody new there, ${how}`, outcomeOf(reply), REFUSED)
    context.expect('negative', 'accounts with that address', await count(context, ACCOUNTS, claims.email), 0)
  }
  const claims = newcomer()
  context.expect('positive', 'with email_verified true', outcomeOf(await signInAs(context, { claims })), SIGNED_IN)
}

interface Linking {
  readonly provider: string
  readonly there: ReturnType<typeof newcomer>
  readonly member: TwinIdentity
}

async function proveLinking(context: ProbeContext, { provider, there, member }: Linking): Promise<void> {
  const other = context.identity('member', 'A', 2)
  const [mine, theirs] = [await context.network.signIn(member), await context.network.signIn(other)]
  const path = await linkOf(context, provider, mine)
  const forged = await context.network.request({ path, token: theirs })
  context.expect('negative', 'adding by the link of somebody else’s page', answerOf(forged), '403 cross-site')

  for (const [what, token] of [
    ['nobody is signed in', undefined],
    ['somebody else is signed in', theirs],
  ] as const) {
    const begun = await begin(context, { path, token: mine })
    const came = await visit(begun, { claims: there })
    const reply = await comeBack(context, came, { cookie: begun.cookie, ...(token === undefined ? {} : { token }) })
    context.expect('negative', `adding, where ${what} on coming back`, outcomeOf(reply), REFUSED)
  }

  const before = (await context.mail.received(member.email, () => true)).length
  const added = await add(context, { provider, there, token: mine })
  context.expect('positive', 'adding it to one’s own account', outcomeOf(added), '303')
  const back = await signInAs(context, { claims: there })
  const whose = await accountOf(context, back)
  context.expect('positive', 'signing in with it then leads to', nameOf(whose, member), 'that account')
  const told = await context.mail.received(member.email, (mails) => mails.length > before)
  context.expect('positive', 'mails that tell of it', Math.min(told.length - before, 1), 1)
  const second = await add(context, { provider, there, token: theirs })
  context.expect('negative', 'adding it to another account as well', outcomeOf(second), REFUSED)
}

async function proveRemoving(context: ProbeContext, { provider, there, member }: Linking): Promise<void> {
  const remove = { method: 'DELETE', path: `/auth/openid/${provider}` }
  const alone = await signInAs(context, { claims: newcomer() })
  if (!alone.setToken) throw new Unproved(`nobody could sign in with the provider: ${outcomeOf(alone)}`)
  const last = await context.network.request({ ...remove, token: alone.setToken })
  context.expect('negative', 'removing the only way to sign in', answerOf(last), '409 conflict')
  const token = await context.network.signIn(member)
  const before = (await context.mail.received(member.email, () => true)).length
  const removed = await context.network.request({ ...remove, token })
  context.expect('positive', 'removing it where there is a password', removed.status, 204)
  const told = await context.mail.received(member.email, (mails) => mails.length > before)
  const removing = told.slice(before).filter(({ text }) => /was removed/.test(text.replaceAll('\n', ' ')))
  context.expect('positive', 'mails that tell of its removal', removing.length, 1)
  const after = await signInAs(context, { claims: there })
  context.expect('negative', 'signing in with it then', outcomeOf(after), REFUSED)
}

async function proveSecondFactor(context: ProbeContext, provider: string): Promise<void> {
  const admin = context.identity('admin')
  const there = newcomer()
  await add(context, { provider, there, token: await context.network.signIn(admin) })
  const reply = await signInAs(context, { claims: there })
  const expected = '200 with a second step to come'
  context.expect('negative', 'somebody with a second factor, by the provider alone', outcomeOf(reply), expected)
}

/** From one's page back to it. */
async function add(
  context: ProbeContext,
  { provider, there, token }: Pick<Linking, 'provider' | 'there'> & { readonly token: string },
) {
  const begun = await begin(context, { path: await linkOf(context, provider, token), token })
  return comeBack(context, await visit(begun, { claims: there }), { cookie: begun.cookie, token })
}

/** Where the page leads that somebody adds a provider on. */
async function linkOf(context: ProbeContext, provider: string, token: string): Promise<string> {
  const reply = await context.network.request({ path: `/account/openid/${provider}`, token })
  const path = /href="(\/auth\/openid\/[^"]+\/link\?ticket=[\w-]{43})"/.exec(reply.text())?.[1]
  if (path === undefined) throw new Unproved(`the page to add a provider leads nowhere: ${answerOf(reply)}`)
  return path
}

async function count(context: ProbeContext, statement: string, value: string): Promise<number> {
  const { rows } = await context.database.admin.query(statement, [value])
  return Number(rows[0]?.n)
}

const nameOf = (accountId: string, member: TwinIdentity): string =>
  accountId === '' ? 'none' : accountId === member.accountId ? 'that account' : 'another account'

const IDENTITIES = 'select count(*)::integer as n from holdfast.openid_identity where account_id = $1'
const ACCOUNTS = 'select count(*)::integer as n from holdfast.account where email = $1'

import { randomBytes, randomInt } from 'node:crypto'
import { Unproved } from '../../../kernel/claim.ts'
import type { NetworkReply, NetworkRequest, ProbeContext } from '../../../kernel/vantage.ts'

export interface Person {
  readonly id: string
  readonly email: string
  readonly password: string
}

/** People with the password of one the twin knows: the stored hash is copied, since making so many takes long. */
export async function people(context: ProbeContext, count: number): Promise<readonly Person[]> {
  const known = context.identity('member')
  const { rows } = await context.database.admin.query(
    `with made as (
      insert into holdfast.account (id, email, name, created_at)
      select gen_random_uuid(), 'p' || lpad(n::text, 4, '0') || $1::text, 'Somebody', now() from generate_series(1, $2::integer) as n
      returning id, email
    ), secret as (
      insert into holdfast.password (account_id, hash, pepper_version, changed_at)
      select made.id, p.hash, p.pepper_version, now() from made, holdfast.password p where p.account_id = $3::uuid
    ), membership as (
      insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at)
      select $4::uuid, id, false, now() from made
    ), role as (
      insert into holdfast.account_role (account_id, role, granted_at) select id, 'member', now() from made
    )
    select id::text as id, email::text as email from made`,
    [`-${randomBytes(6).toString('hex')}@probe.example`, count, known.accountId, known.tenantId],
  )
  return rows.map(({ id, email }) => ({ id: String(id), email: String(email), password: known.password }))
}

export async function person(context: ProbeContext): Promise<Person> {
  const [one] = await people(context, 1)
  if (one === undefined) throw new Unproved('nobody could be made')
  return one
}

/** Addresses nobody has, of the same length as those of {@link people}. */
export const strangers = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, index) => `p${String(index + 1).padStart(4, '0')}-${randomBytes(6).toString('hex')}@probe.example`,
  )

/** A client address of this machine that is hardly ever the same twice. */
export const somewhere = (): string => `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`

export const WRONG = 'gravel lantern nobody chose'

export function signIn(
  context: ProbeContext,
  who: { readonly email: string; readonly password: string },
  how: Pick<NetworkRequest, 'from' | 'node' | 'headers'> = {},
): Promise<NetworkReply> {
  const { email, password } = who
  return context.network.request({ method: 'POST', path: '/auth/sign-in', body: { email, password }, ...how })
}

/** The known device that a sign-in left, as a cookie to send. */
export function deviceOf(reply: NetworkReply): string {
  const found = /(?:^|\n)(__Host-device=[^;\n]+)/.exec(reply.headers['set-cookie'] ?? '')?.[1]
  if (found === undefined) throw new Unproved(`signing in answered ${answerOf(reply)} and made no device known`)
  return found
}

/** `429 too-many-attempts`, or the status alone where the reply is no problem. */
export function answerOf(reply: NetworkReply): string {
  const { code } = jsonOf(reply)
  return typeof code === 'string' ? `${reply.status} ${code}` : String(reply.status)
}

export function jsonOf(reply: NetworkReply): Readonly<Record<string, unknown>> {
  try {
    const value = reply.json()
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/**
 * In what two replies differ: status, every header field, body. What is of the request and not of the answer is masked: its id, the
 * moment, the page's nonce, and what was typed.
 */
export function difference(
  one: NetworkReply,
  other: NetworkReply,
  typed: { readonly one: string; readonly other: string } = { one: '', other: '' },
): string {
  if (one.status !== other.status) return `status ${one.status}, not ${other.status}`
  const [first, second] = [masking(one, typed.one), masking(other, typed.other)]
  if (first(one.text()) !== second(other.text())) return 'the body'
  const names = new Set([...Object.keys(one.headers), ...Object.keys(other.headers)])
  const differing = [...names].filter((name) => first(fieldOf(one, name)) !== second(fieldOf(other, name)))
  return differing.length === 0 ? 'no difference' : `the header ${differing.join(', ')}`
}

function masking(reply: NetworkReply, typed: string): (text: string) => string {
  const nonce = /'nonce-([^']+)'/.exec(reply.headers['content-security-policy'] ?? '')?.[1]
  const masks = [jsonOf(reply).id, nonce, typed].filter(
    (mask) => typeof mask === 'string' && mask !== '',
  ) as readonly string[]
  return (text) => masks.reduce((rest, mask, index) => rest.replaceAll(mask, `(${index})`), text)
}

/** A field's value; of the moment only that it is one. `(none)` where there is no such field. */
function fieldOf({ headers }: NetworkReply, name: string): string {
  const value = headers[name]
  if (value === undefined) return '(none)'
  return name === 'date' && !Number.isNaN(Date.parse(value)) ? '(a moment)' : value
}

/** Compares answers to people of several kinds, once each, with that to the very first one. */
export async function expectSameFaces(
  context: ProbeContext,
  what: string,
  kinds: readonly { readonly who: string; readonly subjects: readonly string[] }[],
  send: (subject: string) => Promise<NetworkReply>,
): Promise<void> {
  let sample: { readonly reply: NetworkReply; readonly subject: string } | undefined
  const odd = new Set<string>()
  for (const { who, subjects } of kinds)
    for (const subject of subjects) {
      const reply = await send(subject)
      sample ??= { reply, subject }
      const differs = difference(reply, sample.reply, { one: subject, other: sample.subject })
      if (differs !== 'no difference') odd.add(`${who}: ${differs}`)
    }
  const count = kinds.map(({ who, subjects }) => `${subjects.length} ${who}`).join(', ')
  context.record({
    side: 'negative',
    tried: `${what}: comparing status, header fields and body of the answers to ${count}`,
    saw: [...odd].join('; ') || 'no difference',
    expected: 'no difference',
    ok: odd.size === 0,
  })
}

/** As a page's form sends it. */
export const postForm = (
  context: ProbeContext,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<NetworkReply> =>
  context.network.request({
    method: 'POST',
    path,
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
  })

/** How often each answer came: `401 credentials-wrong × 5, 429 too-many-attempts × 15`. */
export function tally(answers: readonly string[]): string {
  const counts = Map.groupBy(answers, (answer) => answer)
  return [...counts]
    .map(([answer, all]) => `${answer} × ${all.length}`)
    .sort()
    .join(', ')
}

/** Runs `work` for 0 to `count - 1`, so many at a time. */
export async function sideBySide<T>(count: number, width: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index)
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}

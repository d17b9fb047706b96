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
      select gen_random_uuid(), 'p' || n || $1::text, 'Somebody', now() from generate_series(1, $2::integer) as n
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
  Array.from({ length: count }, (_, index) => `p${index + 1}-${randomBytes(6).toString('hex')}@probe.example`)

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

/** In what two replies differ, apart from the request's id and the moment. */
export function difference(one: NetworkReply, other: NetworkReply): string {
  if (one.status !== other.status) return `status ${one.status}, not ${other.status}`
  if (body(one) !== body(other)) return 'the body'
  const names = new Set([...Object.keys(one.headers), ...Object.keys(other.headers)])
  const differing = [...names].filter((name) => !PER_REQUEST.has(name) && one.headers[name] !== other.headers[name])
  return differing.length === 0 ? 'no difference' : `the header ${differing.join(', ')}`
}

function body(reply: NetworkReply): string {
  const { id } = jsonOf(reply)
  return typeof id === 'string' ? reply.text().replaceAll(id, '') : reply.text()
}

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

/** `connection` and `keep-alive` tell of the socket the reply came on. */
const PER_REQUEST: ReadonlySet<string> = new Set(['date', 'x-request-id', 'request-id', 'connection', 'keep-alive'])

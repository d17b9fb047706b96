import { randomBytes } from 'node:crypto'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { JsonSchema } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { eachOf } from './probe-refusals.ts'
import { requestOf, type Subject, subjectsOf } from './probe-routes.ts'
import { misfit } from './probe-schema.ts'

/** What must not go out. */
export const outputClaims: readonly Claim[] = [
  {
    id: 'response-contract',
    says: 'A reply holds what its route declares and nothing else: no undeclared property at any depth, no hash of a password or session.',
    level: 'required',
    needs: ['network', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'curl -s -b "$COOKIE" $ORIGIN/auth/session # and compare with the declared response',
    prove: proveContract,
  },
  {
    id: 'planted-field',
    says: 'What a handler returns and its route does not declare does not leave: a property planted in every result is in no reply.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    exclusive: true,
    keeps: days(1),
    byHand: 'have a handler return { ...row, password_hash: "x" } and look at its reply',
    prove: provePlanted,
  },
]

async function proveContract(context: ProbeContext): Promise<void> {
  const subjects = (await subjectsOf(context, () => true)).filter((subject) => subject.callable)
  const secrets = await storedSecrets(context)
  let whole = 0
  let json = 0
  let more = 0
  await eachOf(subjects, async (subject) => {
    const reply = await context.network.request(requestOf(context, subject))
    if (reply.status >= 400) return
    const found = flawIn(subject, reply) ?? secretIn(reply, secrets)
    if (found === null) whole++
    else if (more++ < MOST_SHOWN) {
      context.record({
        side: 'negative',
        tried: subject.name,
        saw: found,
        expected: 'only what is declared',
        ok: false,
      })
    }
    if (found === null && typeof contractOf(subject, reply) === 'object') json++
  })
  context.expect(
    'negative',
    `replies of ${subjects.length} routes against their declarations`,
    `${more} with more`,
    '0 with more',
  )
  context.record({
    side: 'positive',
    tried: 'the examples of all routes that have one',
    saw: `${whole} replies as declared, ${json} of them JSON`,
    expected: 'at least one JSON reply as declared',
    ok: json > 0,
  })
}

async function provePlanted(context: ProbeContext): Promise<void> {
  const callable = (await subjectsOf(context, () => true)).filter((subject) => subject.callable)
  const name = `planted_${randomBytes(6).toString('hex')}`
  let whole = 0
  let more = 0
  await context.faults.results({ [name]: name })
  let planted = 0
  try {
    await eachOf(callable, async (subject) => {
      const reply = await context.network.request(requestOf(context, subject))
      if (reply.status >= 500) context.expect('positive', subject.name, reply.status, 'as without it')
      if (reply.text().includes(name)) {
        if (more++ < MOST_SHOWN) context.expect('negative', subject.name, 'what was planted', 'what is declared')
      } else if (reply.status < 400 && typeof contractOf(subject, reply) === 'object') whole++
    })
  } finally {
    planted = await context.faults.results(null)
  }
  if (planted === 0) throw new Unproved('no handler returned anything it could be planted in')
  const tried = `a property planted in ${planted} results, looked for in the replies of ${callable.length} routes`
  context.expect('negative', tried, `in ${more}`, 'in 0')
  context.record({
    side: 'positive',
    tried: 'JSON replies of handlers that return more',
    saw: `${whole} without it`,
    expected: 'at least one',
    ok: whole > 0,
  })
}

const contractOf = ({ route }: Subject, reply: NetworkReply): JsonSchema | string | undefined =>
  route.schema.response[String(reply.status)]

function flawIn(subject: Subject, reply: NetworkReply): string | null {
  const contract = contractOf(subject, reply)
  if (contract === undefined) return `status ${reply.status}, which is not declared`
  const type = reply.headers['content-type'] ?? ''
  if (typeof contract === 'object') {
    if (!type.startsWith('application/json')) return `content type ${type}`
    return misfit(contract, reply.json())
  }
  if (contract === 'empty' || contract === 'redirect' || contract === 'redirect-out')
    return reply.body.length === 0 ? null : 'a body where none is declared'
  return type.startsWith(TYPES[contract] ?? '') ? null : `content type ${type} for ${contract}`
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  css: 'text/css; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
}

const secretIn = (reply: NetworkReply, secrets: readonly string[]): string | null => {
  const text = reply.text()
  return secrets.some((secret) => text.includes(secret)) ? 'a hash that only the database knows' : null
}

/** Values of columns that no route declares. */
async function storedSecrets({ database }: ProbeContext): Promise<readonly string[]> {
  const { rows } = await database.admin.query(
    `select hash as secret from holdfast.password
     union all select encode(token_hash, 'hex') from holdfast.session
     union all select encode(token_hash, 'base64') from holdfast.session limit 500`,
  )
  return rows.map(({ secret }) => String(secret))
}

const MOST_SHOWN = 20

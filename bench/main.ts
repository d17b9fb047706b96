import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { openTwinHost, type TwinHost } from '../src/backend/twin/twin-host.ts'
import { roleName } from '../src/platform/declaration/database-roles.ts'
import application from './application.ts'
import { installBetterAuth } from './better-auth.ts'
import { compareControls } from './compare-controls.ts'
import { compareSessions } from './compare-sessions.ts'
import { compareSignIns } from './compare-sign-ins.ts'
import { type Contestant, enter } from './contest.ts'
import type { Start } from './contestants/contestant.ts'
import { deploy } from './deploy.ts'
import { flood } from './flood.ts'
import { signIn } from './load.ts'
import { measuredOn, type Result, table } from './result.ts'

const SECTIONS = ['controls', 'sessions', 'sign-ins', 'flood'] as const
type Section = (typeof SECTIONS)[number]

const HELP = `npm run bench -- [--only SECTION[,SECTION]] [--json] [--rounds N] [--seconds S]

Measures Holdfast with everything on. Contestants are asked in turn, round by round, in one run: same TLS, same PostgreSQL. CPU is
that of a server and of what hashes for it; the database is not in it.

  controls  beside bare Fastify 5 and stock pg doing the same work with no control at all: CPU for each request. A
            ratio of 1 means that the controls cost nothing.
  sessions  a route for who is signed in, beside Better Auth with its default session check (no cookie cache): at
            least 20 times the requests a second.
  sign-ins  whole sign-ins with the right password, a second and core: at least 6 times Better Auth with its default
            hash (scrypt), and twice bare Fastify with the argon2id that Node has built in, parameters and threads as ours.
  flood     1,000 right sign-ins at once, each on a new connection, at the processes of \`holdfast start\`: at most 300 MiB
            over idle, other routes with a p99 of at most 250 ms, each answered with 200, or 503 and Retry-After. Linux only.

Better Auth is installed on first use, into bench/contestants/better-auth; its limiter of requests is off, since it would refuse the load.
Exit code: 0 all limits met · 1 one is not · 2 something could not be measured · 3 could not run.
`

/** Who signs in: as many as a flood needs. */
const PEOPLE = 1_020

// So that what was started is ended, whichever way this ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(3))
main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 3
  },
)

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: SECTIONS.join() },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const sections = sectionsOf(values.only)
  const on = await measuredOn()
  const { results, missing } = await bench(sections, whole(values.rounds, 1, 100), whole(values.seconds, 1, 60))
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ on, results, missing }, null, 2)}\n`
      : `\n${table(results)}\n\n${on.date} · ${on.cores} cores · ${on.processor} · ${on.system} · Node ${on.node} · ${on.coresBusyElsewhere.toFixed(1)} cores busy elsewhere\n`,
  )
  for (const one of missing) process.stderr.write(`\n${one}\n`)
  if (results.some(({ limit }) => limit?.met === false)) return 1
  return missing.length > 0 ? 2 : 0
}

/** @returns the figures, and what could not be measured. */
async function bench(
  sections: ReadonlySet<Section>,
  rounds: number,
  seconds: number,
): Promise<{ readonly results: readonly Result[]; readonly missing: readonly string[] }> {
  const missing: string[] = []
  const wantsBetterAuth = sections.has('sessions') || sections.has('sign-ins')
  const failed = wantsBetterAuth ? await installBetterAuth() : null
  if (failed !== null) missing.push(`Better Auth is left out: ${failed}`)
  const host = await openTwinHost(application, { identities: true })
  const contestants: Contestant[] = []
  const results: Result[] = []
  try {
    const place = await prepare(host)
    const { member, people, password, noteId } = place
    if (wantsBetterAuth || sections.has('controls')) {
      const start = async (): Promise<Start> => ({ ...place.start, listen: await freePort() })
      const entered = async (...of: Parameters<typeof enter>): Promise<Contestant> => {
        const contestant = await enter(...of)
        contestants.push(contestant)
        return contestant
      }
      // As many threads for hashes as ours has.
      const bare = await entered('bare Fastify', 'bare.ts', await start(), { UV_THREADPOOL_SIZE: '2' })
      const ours = await entered('Holdfast', 'holdfast.ts', await start())
      const betterAuth =
        wantsBetterAuth && failed === null
          ? await entered('Better Auth', 'better-auth/server.mjs', await start())
          : null
      const cookie = await signIn(ours.port, member)
      if (sections.has('controls'))
        results.push(...(await compareControls(ours, bare, { rounds, seconds, cookie, noteId })))
      if (sections.has('sessions') && betterAuth !== null) {
        const theirs = await signIn(betterAuth.port, { email: people[0] ?? '', password }, '/api/auth/sign-in/email')
        const cookies = new Map([
          [ours.name, cookie],
          [betterAuth.name, theirs],
        ])
        results.push(...(await compareSessions(ours, betterAuth, { rounds, seconds, cookies })))
      }
      if (sections.has('sign-ins')) {
        const others = [{ contestant: bare, path: '/sign-in', least: 2 }]
        if (betterAuth !== null) others.push({ contestant: betterAuth, path: '/api/auth/sign-in/email', least: 6 })
        const options = { rounds, seconds, people, password }
        results.push(...(await compareSignIns({ contestant: ours, path: '/auth/sign-in' }, others, options)))
      }
      for (const contestant of contestants.splice(0)) contestant.end()
    }
    if (sections.has('flood')) {
      if (process.platform === 'linux') {
        const admin = await host.admin(place.start.database)
        const deployed = await deploy(host, place.start.database, await freePort())
        try {
          results.push(...(await flood(deployed, { rounds: 3, people, password, noteId, member, admin })))
        } finally {
          await deployed.stop()
          await admin.close()
        }
      } else missing.push('The flood is left out: it needs Linux, where one machine has many loopback addresses')
    }
  } finally {
    for (const contestant of contestants) contestant.end()
    await host.close()
  }
  return { results, missing }
}

/** A database with a note, and people who may sign in. */
async function prepare(host: TwinHost) {
  const database = await host.cloneDatabase()
  const member = host.identities.find((identity) => identity.name === 'member-a1')
  if (member === undefined) throw new Error('the bench needs a member')
  const people = Array.from({ length: PEOPLE }, (_, index) => `person-${index}@bench.example`)
  const admin = await host.admin(database)
  const { rows } = await admin.query(
    `insert into app.note (workspace, owner, title, body) values ($1, $2, 'A note', repeat('words ', 40)) returning id::text`,
    [member.tenantId, member.accountId],
  )
  await admin.query(PERSONS, [people.map(() => randomUUID()), people, member.accountId])
  await admin.close()
  const start: Omit<Start, 'listen'> = {
    host: host.cluster.socketDirectory,
    port: host.cluster.port,
    database,
    users: {
      admin: { name: host.cluster.admin.user, password: host.cluster.admin.password.release() },
      runtime: { name: roleName(application, 'runtime'), password: host.passwords.runtime.release() },
      accounts: { name: roleName(application, 'accounts'), password: host.passwords.accounts.release() },
    },
    certificate: { key: host.certificate.key, cert: host.certificate.cert },
    pepper: host.keyrings.hasher.current('pepper').key.release().toString('base64'),
    data: host.keyrings.data.file,
    accountId: member.accountId,
    tenantId: member.tenantId,
    people,
    password: member.password,
  }
  return { start, member, people, password: member.password, noteId: String(rows[0]?.id) }
}

/** They have the member's password, roles and tenant: making a hash for each would take longer than measuring. */
const PERSONS = `
with person as (
  insert into holdfast.account (id, email, name, created_at)
  select id, email, 'Bench', now() from unnest($1::uuid[], $2::text[]) as given (id, email) returning id
), password as (
  insert into holdfast.password (account_id, hash, pepper_version, changed_at)
  select id, hash, pepper_version, now() from person, holdfast.password where account_id = $3
), membership as (
  insert into holdfast.tenant_member (tenant_id, account_id, manages, joined_at)
  select tenant_id, id, false, now() from person, holdfast.tenant_member where account_id = $3
)
insert into holdfast.account_role (account_id, role, granted_at)
select id, role, now() from person, holdfast.account_role where account_id = $3`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function sectionsOf(text: string): ReadonlySet<Section> {
  const wanted = text.split(',')
  const unknown = wanted.find((name) => !SECTIONS.some((section) => section === name))
  if (unknown !== undefined) throw new Error(`${unknown}: one of ${SECTIONS.join(', ')} was expected`)
  return new Set(SECTIONS.filter((section) => wanted.includes(section)))
}

function whole(text: string, least: number, most: number): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number
  throw new Error(`${text}: a whole number from ${least} to ${most} was expected`)
}

import { type ChildProcess, spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { openTwinHost } from '../src/backend/twin/twin-host.ts'
import { roleName } from '../src/platform/declaration/database-roles.ts'
import application from './application.ts'
import type { Start, Told } from './contestants/contestant.ts'
import { load, measureLatency, signIn } from './load.ts'

const HELP = `npm run bench -- [--json] [--rounds N] [--seconds S]

Compares Holdfast with everything on against bare Fastify 5 and stock pg doing the same work with no control at all: same
TLS, same database, same row, interleaved rounds in one run. The figure that counts is server CPU per request; the
ratio is baseline / ours, so 1.0 means that the controls cost nothing.
`

/** Fixed, so that both are asked the same way in every run. */
const BARE_PORT = 43_811
const OURS_PORT = 43_812

interface Result {
  readonly name: string
  readonly ratio: number
  readonly unit: string
  readonly value: number
  readonly baseline: number
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(HELP)
else await bench(whole(values.rounds, 1, 100), whole(values.seconds, 1, 60))

async function bench(rounds: number, seconds: number): Promise<void> {
  const host = await openTwinHost(application, { identities: true })
  const children: ChildProcess[] = []
  try {
    const database = await host.cloneDatabase()
    const member = host.identities.find((identity) => identity.name === 'member-a1')
    if (member === undefined) throw new Error('the bench needs a member')
    const admin = await host.admin(database)
    const { rows } = await admin.query(
      `insert into app.note (workspace, owner, title, body) values ($1, $2, 'A note', repeat('words ', 40)) returning id::text`,
      [member.tenantId, member.accountId],
    )
    await admin.close()
    const noteId = String(rows[0]?.id)

    const start = (listen: number): Start => ({
      host: host.cluster.socketDirectory,
      port: host.cluster.port,
      database,
      users: {
        admin: { name: host.cluster.admin.user, password: host.cluster.admin.password.release() },
        runtime: { name: roleName(application, 'runtime'), password: host.passwords.runtime.release() },
        accounts: { name: roleName(application, 'accounts'), password: host.passwords.accounts.release() },
      },
      certificate: { key: host.certificate.key, cert: host.certificate.cert },
      listen,
      pepper: host.keyrings.hasher.current('pepper').key.release().toString('base64'),
      data: host.keyrings.data.file,
      accountId: member.accountId,
      tenantId: member.tenantId,
    })
    const bare = await begin('bare', start(BARE_PORT), children)
    const ours = await begin('holdfast', start(OURS_PORT), children)
    const cookie = await signIn(OURS_PORT, member)

    const body = JSON.stringify({ title: 'A note of the bench', body: 'x'.repeat(980) })
    const work = [
      { name: 'anonymous GET', path: '/public' },
      { name: 'authenticated GET', path: '/private' },
      { name: 'authenticated GET with a row', path: `/notes/${noteId}` },
      { name: 'authenticated POST of 1 KB, inserted', path: '/notes', body },
    ]
    const results: Result[] = []
    for (const { name, path, body } of work) {
      const used: Record<'bare' | 'ours', number[]> = { bare: [], ours: [] }
      for (let round = 0; round <= rounds; round++) {
        for (const [who, port, child] of [
          ['bare', BARE_PORT, bare],
          ['ours', OURS_PORT, ours],
        ] as const) {
          const before = await cpu(child)
          const done = await load({ port, path, seconds, cookie: who === 'ours' ? cookie : undefined, body })
          const each = ((await cpu(child)) - before) / done
          // The first round warms both up.
          if (round > 0) used[who].push(each)
        }
        process.stderr.write(`${name}: round ${round} of ${rounds}\n`)
      }
      const baseline = median(used.bare)
      const value = median(used.ours)
      results.push({ name, ratio: baseline / value, unit: 'µs of server CPU per request', value, baseline })
    }
    const latency: Record<'bare' | 'ours', number[]> = { bare: [], ours: [] }
    for (let round = 0; round <= rounds; round++) {
      for (const [who, port] of [
        ['bare', BARE_PORT],
        ['ours', OURS_PORT],
      ] as const) {
        const at = { port, path: `/notes/${noteId}`, seconds, cookie: who === 'ours' ? cookie : undefined }
        const p99 = await measureLatency(at)
        if (round > 0) latency[who].push(p99)
      }
      process.stderr.write(`latency at a fixed load: round ${round} of ${rounds}\n`)
    }
    const [bareLatency, ourLatency] = [median(latency.bare), median(latency.ours)]
    results.push({
      name: 'p99 at 1,000 requests a second, GET with a row',
      ratio: bareLatency / ourLatency,
      unit: 'ms',
      value: ourLatency,
      baseline: bareLatency,
    })
    const signIns = await load({
      port: OURS_PORT,
      path: '/auth/sign-in',
      seconds: 5,
      body: JSON.stringify({ email: member.email, password: member.password }),
      connections: 8,
    })
    results.push({ name: 'sign-ins', ratio: 1, unit: 'a second', value: signIns / 5, baseline: signIns / 5 })
    print(results)
  } finally {
    for (const child of children) child.disconnect()
    await host.close()
  }
}

function print(results: readonly Result[]): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`)
    return
  }
  process.stdout.write(
    `\n${'what'.padEnd(48)}${'ratio'.padStart(7)}${'ours'.padStart(10)}${'bare'.padStart(10)}  unit\n`,
  )
  for (const { name, ratio, unit, value, baseline } of results) {
    process.stdout.write(
      `${name.padEnd(48)}${ratio.toFixed(2).padStart(7)}${value.toFixed(1).padStart(10)}${baseline.toFixed(1).padStart(10)}  ${unit}\n`,
    )
  }
}

function begin(name: string, start: Start, children: ChildProcess[]): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', new URL(`./contestants/${name}.ts`, import.meta.url).pathname],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { NODE_ENV: 'production', PATH: process.env.PATH },
    },
  )
  children.push(child)
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the contestant ${name} ended with ${code}`)))
    child.once('message', () => resolve(child))
    child.send(start)
  })
}

function cpu(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (told: Told) => resolve(told.type === 'cpu' ? told.microseconds : Number.NaN))
    child.send('cpu')
  })
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function whole(text: string, least: number, most: number): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number
  throw new Error(`${text}: a whole number from ${least} to ${most} was expected`)
}

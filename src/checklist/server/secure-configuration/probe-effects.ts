import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext, StartedProcess } from '../../../kernel/vantage.ts'
import { ask } from './probe-client.ts'
import { deploymentOf } from './probe-deployment.ts'
import { ownPort } from './probe-port.ts'

/** Settings by what they do in the process that serves, which is not the one that checked them. */
export const effectClaims: readonly Claim[] = [
  {
    id: 'settings-in-effect',
    says: 'What is set is in force where it counts: for sessions, password hashes, origins, proxies and the log.',
    level: 'required',
    needs: ['host', 'database'],
    effect: 'writes',
    keeps: days(1),
    byHand:
      'HOLDFAST_SESSION_ABSOLUTE_SECONDS=600 npm start; sign in; select expires_at - created_at from holdfast.session',
    prove: proveEffects,
  },
  {
    id: 'opening-settings-named',
    says: 'Settings that open something are named when the backend starts, and where check looks for them.',
    level: 'required',
    needs: ['host'],
    effect: 'writes',
    keeps: days(1),
    byHand: 'HOLDFAST_ALLOWED_ORIGINS=https://a.example npm start   # a line names it; so does check',
    prove: proveNamed,
  },
  {
    id: 'opening-settings-deployed',
    says: 'What the settings of the deployment open is named, and known.',
    level: 'where-present',
    needs: ['host'],
    effect: 'reads',
    on: 'original',
    keeps: days(1),
    byHand: 'cat .holdfast/running.json   # its field opens',
    present: async (context) =>
      (await deploymentOf(context.host.stateDirectory)).opens.length > 0 || 'no setting opens anything',
    prove: async (context) => {
      const { opens } = await deploymentOf(context.host.stateDirectory)
      for (const setting of opens) {
        const named = /^HOLDFAST_[A-Z_]+$/.test(setting) ? `${setting} is set` : 'no setting of ours'
        context.expect('positive', 'a setting that opens something', named, `${setting} is set`)
        const known = OPENING.includes(setting) ? 'one that may' : 'one that may not'
        context.expect('negative', `${setting} opens something`, known, 'one that may')
      }
    },
  },
]

const ORIGIN = 'https://pages.example'
const VISITOR = '203.0.113.77'
/** What production may open, and nothing else. */
const OPENING: readonly string[] = ['HOLDFAST_ALLOWED_ORIGINS', 'HOLDFAST_TRUSTED_PROXIES']

async function proveEffects(context: ProbeContext): Promise<void> {
  const settings = {
    ...(await ownPort()),
    HOLDFAST_ALLOWED_ORIGINS: ORIGIN,
    HOLDFAST_TRUSTED_PROXIES: '127.0.0.1',
    HOLDFAST_SESSION_ABSOLUTE_SECONDS: '600',
    HOLDFAST_SESSION_IDLE_SECONDS: '300',
    HOLDFAST_ARGON2_PASSES: '3',
    HOLDFAST_LOG_LEVEL: 'error',
  }
  const attempt = await context.host.start(settings, 'start', async (running) => {
    const live = await ask(running, { path: '/health/live', headers: { origin: ORIGIN } })
    context.expect('positive', 'GET /health/live', live.status, 200)
    const allowed = live.headers['access-control-allow-origin'] ?? 'nobody'
    context.expect('positive', 'HOLDFAST_ALLOWED_ORIGINS: who may read the reply', String(allowed), ORIGIN)
    const other = await ask(running, { path: '/health/live', headers: { origin: 'https://stranger.example' } })
    const stranger = other.headers['access-control-allow-origin'] ?? 'nobody'
    context.expect('negative', 'HOLDFAST_ALLOWED_ORIGINS: and a page of a stranger', String(stranger), 'nobody')
    await expectSession(context, running)
    await expectLog(context, running)
  })
  context.expect('positive', 'the backend with these settings', String(attempt.outcome), 'started')
}

async function expectSession(context: ProbeContext, running: StartedProcess): Promise<void> {
  const { accountId, email, password } = context.identity('member')
  const reply = await ask(running, {
    path: '/auth/sign-in',
    headers: { 'x-forwarded-for': VISITOR, origin: running.origin, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  context.expect(
    'positive',
    'a member signs in',
    reply.status < 300 ? 'signed in' : `status ${reply.status}`,
    'signed in',
  )
  const { rows } = await context.database.admin.query(
    `select extract(epoch from expires_at - created_at)::integer as lives, address
     from holdfast.session where account_id = $1 order by created_at desc limit 1`,
    [accountId],
  )
  const lives = Number(rows[0]?.lives ?? Number.NaN)
  const short = lives <= 600 ? 'at most 600 s' : `${lives} s`
  context.expect('negative', 'HOLDFAST_SESSION_ABSOLUTE_SECONDS: how long the session lives', short, 'at most 600 s')
  const address = String(rows[0]?.address)
  context.expect('negative', 'HOLDFAST_TRUSTED_PROXIES: where it came from', address, VISITOR)
  const hash = await untilHash(context, accountId)
  context.expect('negative', 'HOLDFAST_ARGON2_PASSES: of the password, hashed anew', hash, '3 passes')
}

/** The hash is made anew behind the reply to a sign-in. */
async function untilHash(context: ProbeContext, accountId: string): Promise<string> {
  let seen = ''
  for (let tries = 0; tries < 40 && seen !== '3 passes'; tries++) {
    const { rows } = await context.database.admin.query('select hash from holdfast.password where account_id = $1', [
      accountId,
    ])
    seen = `${/,t=(\d+)/.exec(String(rows[0]?.hash))?.[1] ?? 'no'} passes`
    if (seen !== '3 passes') await sleep(100)
  }
  return seen
}

async function expectLog(context: ProbeContext, running: StartedProcess): Promise<void> {
  const refused = await ask(running, { path: '/nothing-here', headers: { accept: 'application/json' } })
  context.expect('positive', 'a path that is not there', refused.status, 404)
  await sleep(500) // longer than the log waits for more
  const log = await readFile(join(running.stateDirectory, 'log', 'server.log'), 'utf8')
  const lower = log.split('\n').filter((line) => /"level":"(?:debug|info|warn)"/.test(line)).length
  context.expect('negative', 'HOLDFAST_LOG_LEVEL=error: lines below it', lower, 0)
}

async function proveNamed(context: ProbeContext): Promise<void> {
  const opening = { HOLDFAST_ALLOWED_ORIGINS: ORIGIN, HOLDFAST_TRUSTED_PROXIES: '127.0.0.1' }
  let seen: readonly string[] = []
  const look = async ({ stateDirectory }: StartedProcess): Promise<void> => {
    seen = (await deploymentOf(stateDirectory)).opens
  }
  const open = await context.host.start({ ...opening, ...(await ownPort()) }, 'start', look)
  context.expect('positive', 'the backend with settings that open something', String(open.outcome), 'started')
  for (const name of Object.keys(opening)) {
    const line = open.stdout.split('\n').some((one) => one.startsWith(`${name} `))
    context.expect('negative', `${name} in what it prints`, line ? 'named' : 'not named', 'named')
    context.expect('negative', `${name} where check looks`, seen.includes(name) ? 'named' : 'not named', 'named')
  }
  const others = open.stdout
    .split('\n')
    .filter((one) => /^HOLDFAST_\w+ /.test(one) && !((one.split(' ', 1)[0] ?? '') in opening))
  const more = [...others, ...seen.filter((name) => !(name in opening))]
  context.expect('positive', 'settings that it names besides', more.join(', ') || 'none', 'none')
}

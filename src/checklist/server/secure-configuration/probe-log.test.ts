import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { keepEvidence } from '../../../kernel/evidence.fixture.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { judgeLog, logClaims } from './probe-log.ts'

const NOW = Date.UTC(2026, 10, 24)
const line = (more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    level: 'info',
    time: new Date(NOW).toISOString(),
    pid: 1,
    name: 'server',
    msg: 'listening',
    ...more,
  })
const TOKEN = 'x9'.repeat(22).slice(0, 43)

suite('the judgement on a log', () => {
  test('finds nothing in what is written by default, and in what an application prints', () => {
    const text = [
      line(),
      line({ reset: 'https://app.example/reset', password: '[secret]', tokens: 3, origins: ['https://app.example'] }),
      line({ cause: { type: 'Error', code: '28P01', message: 'password authentication failed for user "app"' } }),
      'the application says something',
      '',
    ].join('\n')
    assert.deepEqual(judgeLog(text, NOW), { lines: 4, formed: 3, unformed: 0, future: 0, secrets: [] })
  })

  for (const [what, text, expected] of [
    ['a line that was cut', line().slice(0, -4), { unformed: 1 }],
    ['a line without a time', line({ time: undefined }), { unformed: 1 }],
    ['a line of a level there is not', line({ level: 'loud' }), { unformed: 1 }],
    ['a line without a message', line({ msg: undefined }), { unformed: 1 }],
    ['a line of tomorrow', line({ time: new Date(NOW + 86_400_000).toISOString() }), { future: 1 }],
  ] as const) {
    test(`finds ${what}`, () => {
      const { unformed, future } = judgeLog(`${line()}\n${text}\n`, NOW)
      assert.deepEqual({ unformed, future }, { unformed: 0, future: 0, ...expected })
    })
  }

  for (const [kind, text] of [
    ['a password hash', line({ row: `$argon2id$v=19$m=19456,t=2,p=1$${'c2Fs'}$aGFzaA` })],
    ['a password hash', 'row: SCRAM-SHA-256$4096:c2FsdA==$a:b'],
    ['a cookie', line({ headers: { cookie: `__Host-session=${TOKEN}` } })],
    ['a cookie', `set-cookie: __Host-pending=${TOKEN}; Path=/`],
    ['a bearer token', line({ authorization: `Bearer ${TOKEN}` })],
    ['a link that lets in', line({ url: `/sign-up/${TOKEN}` })],
    ['a link that lets in', `http://localhost:3000/enrol/${TOKEN}`],
    ['a field that is a secret', line({ body: { email: 'a@b.test', password: 'lantern gravel' } })],
    ['a field that is a secret', line({ token: 'short' })],
    ['AWS access key', line({ key: `${'AKIA'}${'Q7'.repeat(8)}` })],
  ] as const) {
    test(`finds ${kind} in ${text.slice(0, 30)}…, and does not say it`, () => {
      const { secrets } = judgeLog(`${line()}\n${text}\n`, NOW)
      assert.ok(secrets.includes(`${kind} in line 2 of these`), String(secrets))
      assert.ok(!secrets.join().includes(TOKEN))
    })
  }
})

suite('the claim about the log of a deployment', () => {
  const prepared = async (change: (log: string) => Promise<void>): Promise<readonly string[]> => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-log-'))
    const log = join(stateDirectory, 'log', 'server.log')
    await mkdir(join(stateDirectory, 'log'))
    await writeFile(log, `${line({ time: new Date().toISOString() })}\n`, { mode: 0o600 })
    await writeFile(join(stateDirectory, 'running.json'), JSON.stringify({ pid: process.pid }))
    const descriptor = openSync(log, 'a')
    try {
      await change(log)
      const { evidence, ...keeping } = keepEvidence()
      const [claim = assert.fail('no claim')] = logClaims
      const context = { host: { stateDirectory }, clock: { now: () => Date.now() }, ...keeping }
      assert.equal(await claim.present?.(context as unknown as ProbeContext), true)
      await claim.prove(context as unknown as ProbeContext)
      return evidence.filter(({ ok }) => !ok).map(({ saw }) => saw)
    } finally {
      closeSync(descriptor)
      await rm(stateDirectory, { recursive: true })
    }
  }

  for (const [what, change, expected] of [
    ['holds for one that is well', async () => undefined, []],
    ['takes one that a group may read', (log) => chmod(log, 0o640), []],
    ['is broken by one that everybody may read', (log) => chmod(log, 0o644), ['mode 644']],
    ['is broken by none', (log) => rm(log), ['missing']],
    ['is broken by an empty one', (log) => writeFile(log, ''), ['none']],
    [
      'is broken by one that was moved away from what writes it',
      async (log) => {
        await rename(log, `${log}.1`)
        await writeFile(log, `${line({ time: new Date().toISOString() })}\n`, { mode: 0o600 })
      },
      process.platform === 'linux' ? ['it has not'] : [],
    ],
  ] satisfies [string, (log: string) => Promise<void>, readonly string[]][]) {
    test(what, async () => {
      assert.deepEqual(await prepared(change), expected)
    })
  }
})

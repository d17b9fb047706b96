import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Secret } from '../../kernel/secret.ts'
import type { Connection } from '../database/database.ts'
import { isAlive } from '../lock/holder.ts'
import { type Cluster, openCluster, startScratchCluster } from './index.ts'
import { processesOf } from './processes.ts'
import { generatePassword, scramVerifier } from './scram.ts'

async function ask(connection: Connection, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ ...connection, password: connection.password.release() })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

suite('the embedded PostgreSQL', { timeout: 120_000 }, () => {
  const password = generatePassword()
  let root: string
  let directory: string
  let cluster: Cluster

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
    directory = join(root, 'pg')
    cluster = await openCluster({ directory, password, replicationRole: 'notes_backup' })
  })
  after(async () => {
    await cluster.stop()
    await rm(root, { recursive: true, force: true })
    await rm(cluster.directory, { recursive: true, force: true })
  })
  const dba = (): Connection => cluster.connection('postgres', 'dba', password)

  test('is made and takes connections of the superuser', async () => {
    assert.deepEqual(await ask(dba(), 'select 1 + 1'), [[2]])
    assert.match(cluster.version, /^18\./)
  })

  test('does not run as root', async () => {
    const status = await readFile(`/proc/${cluster.pid}/status`, 'utf8')
    assert.doesNotMatch(status, /^Uid:\s+0\s/m)
  })

  for (const [who, role, word] of [
    ['a wrong password', 'dba', 'postgres'],
    ['an empty password', 'dba', ' '],
    ['a role that is not there', 'postgres', 'postgres'],
  ] as const) {
    test(`refuses ${who}`, async () => {
      await assert.rejects(ask(cluster.connection('postgres', role, new Secret(word)), 'select 1'), { code: '28P01' })
    })
  }

  test('takes nobody over TCP and lets nobody else to its socket', async () => {
    assert.deepEqual(await ask(dba(), "select current_setting('listen_addresses')"), [['']])
    assert.equal((await lstat(cluster.socketDirectory)).mode & 0o777, 0o700)
    assert.equal((await lstat(join(cluster.directory, 'data'))).mode & 0o777, 0o700)
  })

  test('asks for SCRAM everywhere, and only the backup role may replicate', async () => {
    const rules = await ask(dba(), 'select type, database, user_name, auth_method from pg_hba_file_rules')
    assert.deepEqual(rules, [
      ['local', ['all'], ['all'], 'scram-sha-256'],
      ['local', ['replication'], ['notes_backup'], 'scram-sha-256'],
    ])
  })

  test('has checksums, UTF-8, statistics of statements and a JSON log without values', async () => {
    const settings = await ask(
      dba(),
      `select name, setting from pg_settings where name in ('data_checksums', 'server_encoding', 'shared_preload_libraries',
       'log_destination', 'log_parameter_max_length', 'fsync', 'pg_stat_statements.track_utility') order by name`,
    )
    assert.deepEqual(Object.fromEntries(settings), {
      data_checksums: 'on',
      fsync: 'on',
      log_destination: 'jsonlog',
      log_parameter_max_length: '0',
      'pg_stat_statements.track_utility': 'off',
      server_encoding: 'UTF8',
      shared_preload_libraries: 'pg_stat_statements',
    })
    const lines = (await readFile(cluster.logFile, 'utf8')).trim().split('\n')
    assert.ok(lines.some((line) => JSON.parse(line).state_code === '28P01'))
  })

  test('takes a verifier in place of a password, and the password then', async () => {
    const word = generatePassword()
    await ask(dba(), `create role someone login password '${scramVerifier(word)}'`)
    assert.deepEqual(await ask(cluster.connection('postgres', 'someone', word), 'select current_user::text'), [
      ['someone'],
    ])
  })

  test('removes the file that held the password', async () => {
    assert.deepEqual(
      (await readdir(cluster.directory)).filter((name) => name.startsWith('init-')),
      [],
    )
  })

  test('refuses a second opening while the first lives', async () => {
    await assert.rejects(openCluster({ directory, password }), {
      name: 'StartRefusal',
      message: new RegExp(`process ${process.pid} `),
    })
    assert.deepEqual(await ask(dba(), 'select 1'), [[1]])
  })

  test('keeps what was committed when its process is killed, tells of it, and restarts', async () => {
    await ask(dba(), 'create table kept as select 42 as n')
    const told = new Promise((resolve) => cluster.onExit(resolve))
    process.kill(cluster.pid, 'SIGKILL')
    assert.deepEqual(await told, { code: null, signal: 'SIGKILL' })
    await cluster.restart()
    assert.deepEqual(await ask(dba(), 'select n from kept'), [[42]])
  })

  test('takes over from a run that was killed and left its server running', async () => {
    await cluster.stop()
    const killed = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { openCluster } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
         import { Secret } from ${JSON.stringify(new URL('../../kernel/secret.ts', import.meta.url).href)}
         const cluster = await openCluster({ directory: process.argv[1], password: new Secret('irrelevant') })
         console.log(cluster.pid)
         setInterval(() => {}, 1000)`,
        directory,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const left = Number(await new Promise((resolve) => killed.stdout.once('data', resolve)))
    killed.kill('SIGKILL')
    await new Promise((resolve) => killed.once('exit', resolve))
    assert.ok(isAlive(left))
    const lines: string[] = []
    cluster = await openCluster({ directory, password, log: (line) => lines.push(line) })
    assert.ok(!isAlive(left))
    assert.match(lines.join('\n'), new RegExp(`process ${left}\\b.*killed run`))
    assert.deepEqual(await ask(dba(), 'select n from kept'), [[42]])
  })

  test("starts beside a pid file whose number is somebody else's by now", async () => {
    await cluster.stop()
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    await writeFile(join(cluster.directory, 'data', 'postmaster.pid'), `${bystander.pid}\n/elsewhere\n`)
    await writeFile(join(cluster.directory, 'lock'), `${bystander.pid} 1`)
    cluster = await openCluster({ directory, password })
    assert.deepEqual(await ask(dba(), 'select n from kept'), [[42]])
    assert.ok(isAlive(bystander.pid ?? 0))
    bystander.kill()
  })
})

suite('an initialisation', { timeout: 60_000 }, () => {
  test('that was interrupted is done again', async () => {
    const root = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
    await chmod(root, 0o711)
    const directory = join(root, 'pg')
    const code = `import { openCluster } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      import { Secret } from ${JSON.stringify(new URL('../../kernel/secret.ts', import.meta.url).href)}
      await openCluster({ directory: process.argv[1], password: new Secret('irrelevant') })`
    const killed = spawn(process.execPath, ['--input-type=module', '-e', code, directory], { stdio: 'inherit' })
    const half = async (): Promise<boolean> =>
      (await readdir(directory).catch(() => [])).some((name) => name.startsWith('init-'))
    for (let i = 0; i < 2_000 && !(await half()); i++) await sleep(5)
    await sleep(150)
    killed.kill('SIGKILL')
    await new Promise((resolve) => killed.once('exit', resolve))
    assert.ok(await half(), 'the kill came in the middle')
    const password = generatePassword()
    const cluster = await openCluster({ directory, password })
    assert.deepEqual(await ask(cluster.connection('postgres', 'dba', password), 'select 1'), [[1]])
    assert.ok(!(await half()))
    await cluster.stop()
    await rm(root, { recursive: true, force: true })
    assert.deepEqual(await processesOf(join(cluster.directory, 'data')), [])
  })
})

suite('a scratch cluster', { timeout: 60_000 }, () => {
  test('serves, and is gone when stopped', async () => {
    const scratch = await startScratchCluster()
    assert.deepEqual(await ask(scratch.admin, "select current_setting('fsync')"), [['off']])
    const { pid, directory } = scratch
    await scratch.stop()
    assert.ok(!isAlive(pid))
    await assert.rejects(lstat(directory), { code: 'ENOENT' })
  })

  test('that a killed process left behind is ended and removed by the next', async () => {
    const code = `import { startScratchCluster } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      const cluster = await startScratchCluster()
      console.log(cluster.pid + ' ' + cluster.directory)
      setInterval(() => {}, 1000)`
    const killed = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid, directory] = String(await new Promise((resolve) => killed.stdout.once('data', resolve)))
      .trim()
      .split(' ')
    killed.kill('SIGKILL')
    await new Promise((resolve) => killed.once('exit', resolve))
    assert.ok(isAlive(Number(pid)))
    const next = await startScratchCluster()
    assert.ok(!isAlive(Number(pid)))
    await assert.rejects(lstat(directory ?? ''), { code: 'ENOENT' })
    await next.stop()
  })

  test('does not keep its process from ending, and ends with it', async () => {
    const code = `import { startScratchCluster } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      const cluster = await startScratchCluster()
      console.log(cluster.pid + ' ' + cluster.directory)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [pid, directory] = String(await new Promise((resolve) => child.stdout.once('data', resolve)))
      .trim()
      .split(' ')
    await new Promise((resolve) => child.once('exit', resolve))
    for (let i = 0; i < 200 && isAlive(Number(pid)); i++) await sleep(10)
    assert.ok(!isAlive(Number(pid)))
    await assert.rejects(lstat(directory ?? ''), { code: 'ENOENT' })
  })
})

// PostgreSQL runs as we do unless we are root, so only then is there a place it can't reach.
if (process.getuid?.() === 0) {
  suite("a directory that the server's user can not reach", { timeout: 60_000 }, () => {
    test('is stood for by one under /var/lib/holdfast, and by a new one when it was removed', async () => {
      const root = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
      const directory = join(root, 'state', 'pg')
      const open = (password: Secret): Promise<Cluster> => openCluster({ directory, password, durable: false })
      const password = generatePassword()
      const first = await open(password)
      await first.stop()
      const again = await open(password)
      assert.match(first.directory, /^\/var\/lib\/holdfast\/pg-[0-9a-f]{12}$/)
      assert.equal(again.directory, first.directory)
      await again.stop()
      await rm(directory, { recursive: true })
      const fresh = generatePassword()
      const second = await open(fresh)
      assert.notEqual(second.directory, first.directory)
      assert.deepEqual(await ask(second.connection('postgres', 'dba', fresh), 'select 1'), [[1]])
      await second.stop()
      for (const path of [root, first.directory, second.directory]) await rm(path, { recursive: true, force: true })
    })

    test('is removed by a later one when its temporary directory is gone', async () => {
      const roots = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'holdfast-test-'))))
      const open = (root: string): Promise<Cluster> =>
        openCluster({ directory: join(root, 'state', 'pg'), password: generatePassword(), durable: false })
      const gone = await open(roots[0] ?? '')
      await gone.stop()
      await rm(roots[0] ?? '', { recursive: true })
      const later = await open(roots[1] ?? '')
      await assert.rejects(lstat(gone.directory), { code: 'ENOENT' })
      await later.stop()
      for (const path of [roots[1] ?? '', later.directory]) await rm(path, { recursive: true, force: true })
    })
  })
}

import { chmod, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { Binaries } from './binaries.ts'
import { handOver } from './place.ts'
import { gone, processesOf, signal } from './processes.ts'
import { run, type ServerUser } from './user.ts'

export interface Initialisation {
  /** Ours; the data directory is made in it under the name `data`. */
  readonly directory: string
  readonly binaries: Binaries
  readonly user: ServerUser
  /** Of the superuser `dba`. */
  readonly password: Secret
  readonly durable: boolean
}

/**
 * Makes the data directory where there is none. It is made under another name and renamed when it is whole, so that one
 * interrupted half-way is never taken for a database.
 *
 * @returns whether it was made now.
 * @throws {@link StartRefusal} when it is of another major version, or can't be made.
 */
export async function initialise(options: Initialisation): Promise<boolean> {
  const { directory, user } = options
  for (const name of await readdir(directory)) {
    if (!name.startsWith('init-')) continue
    // A killed run's initdb may still be at it.
    const left = await processesOf(join(directory, name))
    for (const pid of left) signal(pid, 'SIGKILL')
    await gone(left, 5_000)
    await rm(join(directory, name), { recursive: true, force: true })
  }
  const data = join(directory, 'data')
  const stands = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(ifAbsent))?.trim()
  if (stands !== undefined) {
    if (stands === options.binaries.version.split('.')[0]) return false
    const problem = `was made by PostgreSQL ${stands}, this is ${options.binaries.version}; set HOLDFAST_STATE to another directory`
    throw new StartRefusal(data, problem)
  }
  const temporary = await mkdtemp(join(directory, 'init-'))
  try {
    await handOver(temporary, user)
    await runInitdb(options, temporary)
    await rename(join(temporary, 'data'), data)
    if (options.durable) await sync(directory)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return true
}

async function runInitdb(options: Initialisation, temporary: string): Promise<void> {
  const passwordFile = join(temporary, 'password')
  const file = await open(passwordFile, 'wx', 0o600)
  try {
    const { uid, gid } = options.user.identity
    if (uid !== undefined && gid !== undefined) await file.chown(uid, gid)
    await file.writeFile(`${options.password.release()}\n`)
  } finally {
    await file.close()
  }
  const result = await run(
    options.user,
    options.binaries.initdb,
    [
      ...['-D', join(temporary, 'data'), '-U', 'dba', '--pwfile', passwordFile],
      ...['--auth-host=scram-sha-256', '--auth-local=scram-sha-256', '--data-checksums', '-E', 'UTF8'],
      // PostgreSQL's own C.UTF-8, the same on every system; the system's locale is only the fallback of old code.
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', `--locale=${SYSTEM_LOCALE}`],
      '--no-instructions',
      ...(options.durable ? [] : ['--no-sync']),
    ],
    temporary,
  )
  await rm(passwordFile)
  if (result.code !== 0) {
    const said =
      result.stderr
        .trim()
        .split('\n')
        .find((line) => /error|fatal/i.test(line)) ?? `exit ${result.code}`
    throw new StartRefusal(options.directory, `no database could be made there: ${said}`)
  }
  await chmod(join(temporary, 'data'), 0o700)
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

const SYSTEM_LOCALE = process.platform === 'darwin' ? 'C' : 'C.UTF-8'

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { Connection } from '../database/database.ts'
import { takeLock } from '../lock/lock.ts'
import { findBinaries } from './binaries.ts'
import { initialise } from './initialise.ts'
import { boundLog } from './log-rotation.ts'
import { handOver, makePlace, makeSocketDirectory } from './place.ts'
import { gone, processesOf, signal } from './processes.ts'
import { type Exit, type ServerProcess, startServer } from './server-process.ts'
import { hostBasedAuthentication, serverConfiguration } from './settings.ts'
import { type ServerUser, serverUser } from './user.ts'

export interface ClusterOptions {
  /** Where it lives; made when absent, with a database in it. */
  readonly directory: string
  /** Only names the socket: there is no TCP listener. Default 5432. */
  readonly port?: number
  /** Of the superuser `dba`; set when the database is made. */
  readonly password: Secret
  /** The role that may copy the cluster by the replication protocol. Absent: none. */
  readonly replicationRole?: string
  /** Told a line for each step worth one. */
  readonly log?: (line: string) => void
  /** False: nothing is forced to disk. Default true. */
  readonly durable?: boolean
  /** Default: one of its own in the temporary directory. */
  readonly socketDirectory?: string
}

/** A running embedded PostgreSQL. Stopped at the latest when this process exits by itself. */
export interface Cluster {
  /** Where it really lives: see `makePlace`. */
  readonly directory: string
  readonly socketDirectory: string
  readonly port: number
  /** Of the postmaster as it runs now. */
  readonly pid: number
  /** `18.4`. */
  readonly version: string
  /** One JSON object a line. Starts anew when it grows beyond 64 MiB; one older file is kept beside it. */
  readonly logFile: string
  /** How to connect as a role over the Unix socket. */
  connection(database: string, user: string, password: Secret): Connection
  /** Tells of an end that nobody asked for. Returns what takes the listener away. */
  onExit(listener: (exit: Exit) => void): () => void
  /** Stops it if it runs and starts it again on the same data. */
  restart(): Promise<void>
  /** Ends all connections and the server: `fast` (default) with a checkpoint, `immediate` without. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
}

/**
 * Opens a cluster: makes the database where there is none, stops what a killed run left behind, starts the server.
 *
 * @throws StartRefusal when another living process has the directory or the server doesn't start.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const log = options.log ?? (() => {})
  const user = serverUser()
  const binaries = await findBinaries(user)
  const directory = await makePlace(options.directory, user, log)
  const lock = await takeLock(join(directory, 'lock'), 'this database')
  try {
    await stopLeftover(directory, log)
    const durable = options.durable ?? true
    const made = await initialise({ directory, binaries, user, password: options.password, durable })
    if (made) log(`made a PostgreSQL ${binaries.version} database in ${directory}`)
    const port = options.port ?? 5432
    const socketDirectory = options.socketDirectory ?? (await makeSocketDirectory(directory, user))
    if (options.socketDirectory !== undefined) {
      await mkdir(socketDirectory, { mode: 0o700 })
      await handOver(socketDirectory, user)
    }
    await replaceFile(join(directory, 'postgresql.conf'), serverConfiguration({ port, socketDirectory, durable }), user)
    await replaceFile(join(directory, 'pg_hba.conf'), hostBasedAuthentication(options.replicationRole), user)
    const start = async (): Promise<ServerProcess> => {
      for (const name of await readdir(socketDirectory)) await rm(join(socketDirectory, name), { force: true })
      return startServer(binaries, user, directory)
    }
    const cluster = supervise(start, directory, log)
    await cluster.begin()
    const logFile = join(directory, 'data', 'log', 'postgresql.json')
    const stopRotation = boundLog(join(directory, 'data'), logFile, () => cluster.process)
    const atExit = (): void => {
      cluster.process?.signal('SIGINT')
      lock.releaseNow()
    }
    process.once('exit', atExit)
    return {
      directory,
      socketDirectory,
      port,
      get pid() {
        return cluster.process?.pid ?? 0
      },
      version: binaries.version,
      logFile,
      connection: (database, role, password) => ({ host: socketDirectory, port, database, user: role, password }),
      onExit: cluster.onExit,
      restart: async () => {
        await cluster.end('fast')
        await stopLeftover(directory, log)
        await cluster.begin()
      },
      stop: async (mode = 'fast') => {
        stopRotation()
        process.removeListener('exit', atExit)
        await cluster.end(mode)
        await rm(socketDirectory, { recursive: true, force: true })
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** Keeps the one process there is, and tells when it ends unasked. */
function supervise(start: () => Promise<ServerProcess>, directory: string, log: (line: string) => void) {
  const listeners = new Set<(exit: Exit) => void>()
  let current: ServerProcess | undefined
  let ending = false
  return {
    get process() {
      return current
    },
    onExit(listener: (exit: Exit) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async begin(): Promise<void> {
      ending = false
      const started = await start()
      current = started
      started.exited.then((exit) => {
        if (current !== started) return
        current = undefined
        if (ending) return
        log(`PostgreSQL ended unasked (${exit.signal ?? `exit ${exit.code}`})`)
        for (const listener of listeners) listener(exit)
      })
    },
    async end(mode: 'fast' | 'immediate'): Promise<void> {
      ending = true
      const running = current
      if (running === undefined) return
      running.signal(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
      if (!(await gone([running.pid], STOP_WITHIN))) {
        log(`PostgreSQL in ${directory} did not stop in ${STOP_WITHIN / 1000} s and is killed`)
        running.signal('SIGKILL')
      }
      await running.exited
    },
  }
}

const STOP_WITHIN = 20_000 // milliseconds

/**
 * Stops the server that a killed run of this directory left behind, and removes its pid file. Only processes that work
 * in this very data directory are touched: the pid file's number may long be somebody else's.
 */
export async function stopLeftover(directory: string, log: (line: string) => void): Promise<void> {
  const data = join(directory, 'data')
  const pidFile = join(data, 'postmaster.pid')
  const written = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n', 1)[0])
  let left = await processesOf(data)
  if (left.length > 0) {
    log(`stopping PostgreSQL (process ${left.includes(written) ? written : left[0]}) left by a killed run`)
    if (left.includes(written)) {
      signal(written, 'SIGINT')
      if (!(await gone(left, 5_000))) signal(written, 'SIGQUIT')
      await gone(left, 3_000)
    }
    // Backends without a postmaster end by themselves only when they look up from their work.
    left = await processesOf(data)
    for (const pid of left) signal(pid, 'SIGKILL')
    if (!(await gone(left, 5_000)))
      throw new StartRefusal(data, `process ${left[0]} works there and can not be stopped`)
  }
  await rm(pidFile, { force: true })
}

/** Readable by the server's user and, where that is us, by nobody else; writable by us; appears whole. Holds no secret. */
async function replaceFile(path: string, content: string, user: ServerUser): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(temporary, content, { mode: user.other ? 0o644 : 0o600, flag: 'wx' })
  await rename(temporary, path)
}

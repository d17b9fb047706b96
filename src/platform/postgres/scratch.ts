import { existsSync, rmSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../database/database.ts'
import { readLock } from '../lock/lock.ts'
import { type Cluster, openCluster, stopLeftover } from './cluster.ts'
import { generatePassword } from './scram.ts'
import { serverUser, temporaryDirectory } from './user.ts'

export interface ScratchCluster extends Cluster {
  /** As the superuser `dba` on the database `postgres`. */
  readonly admin: Connection
}

/**
 * A cluster for tests, twins and drills: empty, fast, and gone with everything in it when it is stopped. What runs
 * that were killed left behind is cleaned up first.
 */
export async function startScratchCluster(
  options: { readonly log?: (line: string) => void; readonly replicationRole?: string } = {},
): Promise<ScratchCluster> {
  const user = serverUser()
  const temporary = await temporaryDirectory(user)
  await removeLeftovers(temporary)
  const directory = await mkdtemp(join(temporary, PREFIX))
  const password = generatePassword()
  const socketDirectory = join(directory, 's')
  try {
    const cluster = await openCluster({ ...options, directory, password, durable: false, socketDirectory })
    const atExit = (): void => {
      killNow(cluster.pid)
      removeNow(directory)
    }
    process.once('exit', atExit)
    return {
      ...cluster,
      get pid() {
        return cluster.pid
      },
      admin: cluster.connection('postgres', 'dba', password),
      stop: async () => {
        process.removeListener('exit', atExit)
        await cluster.stop('immediate')
        await rm(directory, { recursive: true, force: true, maxRetries: 5 })
      },
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** Ends and removes the scratch clusters of this user whose process is gone. */
async function removeLeftovers(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    if (!name.startsWith(PREFIX)) continue
    const directory = join(temporary, name)
    const status = await lstat(directory).catch(() => null)
    if (status === null || !status.isDirectory() || status.uid !== process.getuid?.()) continue
    const holder = await readLock(join(directory, 'lock'))
    // Without a lock it is being made just now, or was killed while it was.
    const abandoned = holder === null ? Date.now() - status.mtimeMs > 600_000 : !holder.alive
    if (!abandoned) continue
    await stopLeftover(directory, () => {})
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

function killNow(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGQUIT')
  } catch {
    // It has ended already.
  }
}

/** Removes a directory in which a server is just ending; what can't be had in half a second is left to the next run. */
function removeNow(directory: string): void {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      rmSync(directory, { recursive: true, force: true })
    } catch {
      // Something was written meanwhile.
    }
    // Not only after an error: `force` also forgives files that vanish on the way, and stops there.
    if (!existsSync(directory)) return
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25)
  }
}

/** Short: the path of the socket in it has a limit of 103 bytes on macOS. */
const PREFIX = 'holdfast-scratch-'

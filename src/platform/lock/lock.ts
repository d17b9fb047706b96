import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { StartRefusal } from '../../kernel/refusal.ts'
import { isAlive, startOf } from './holder.ts'

export interface Lock {
  release(): Promise<void>
  /** For the handler of `exit`, where nothing can be awaited. */
  releaseNow(): void
}

/**
 * Takes a directory for this process, so that a second `dev` in one checkout does not stop the first one's database.
 * The file holds id and start of the process; one whose process is gone counts as absent.
 *
 * @param what - what the holder is using, for the refusal: `this database`.
 * @throws {@link StartRefusal} when a living process has it.
 */
export async function takeLock(file: string, what: string): Promise<Lock> {
  const mine = `${process.pid} ${await startOf(process.pid)}`
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, mine, { mode: 0o600, flag: 'wx' })
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      if (await tryLink(temporary, file)) return lockOf(file)
      const text = await readText(file)
      const holder = await holderOf(text)
      if (holder?.alive) {
        throw new StartRefusal(
          file,
          `process ${holder.pid} is using ${what}; stop it, or set HOLDFAST_STATE to another directory`,
        )
      }
      // Moved aside rather than removed, and looked at again: another process may have replaced it since we read it.
      const stale = `${temporary}.stale`
      await rename(file, stale).catch(ignoreAbsent)
      if ((await readText(stale)) !== text) await tryLink(stale, file)
      await rm(stale, { force: true })
    }
    throw new StartRefusal(file, `several processes want ${what} at once; start one of them`)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Who holds a lock and whether they live; null when nobody does or the file can't be understood. */
export const readLock = async (file: string): Promise<Holder | null> => holderOf(await readText(file))

export interface Holder {
  readonly pid: number
  readonly alive: boolean
}

async function holderOf(text: string): Promise<Holder | null> {
  const [id, start] = [text.slice(0, text.indexOf(' ')), text.slice(text.indexOf(' ') + 1)]
  const pid = Number(id)
  if (!Number.isSafeInteger(pid) || pid <= 0) return null
  return { pid, alive: isAlive(pid) && (await startOf(pid)) === start }
}

const readText = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

const lockOf = (file: string): Lock => ({
  release: () => rm(file, { force: true }),
  releaseNow: () => rmSync(file, { force: true }),
})

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

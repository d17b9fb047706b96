import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'

/**
 * Reads a file that holds secrets.
 *
 * @throws {@link StartRefusal} when it is no plain file, others may read or write it, or it belongs to somebody else.
 */
export async function readPrivateFile(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((cause) => {
    const problem = cause.code === 'ELOOP' ? 'is a link; put the file itself there' : `can not be read (${cause.code})`
    throw new StartRefusal(file, problem, { cause })
  })
  try {
    // Asked of the open file, so that what is judged is what is read.
    const status = await handle.stat()
    if (!status.isFile()) throw new StartRefusal(file, 'is not a file; put one there')
    if ((status.mode & 0o077) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, '0')
      throw new StartRefusal(file, `has mode ${mode}, so others can reach its secrets; make it 0600, and replace them`)
    }
    if (status.uid !== process.getuid?.())
      throw new StartRefusal(file, 'belongs to somebody else; make it belong to us')
    if (status.size > LARGEST) throw new StartRefusal(file, `is larger than ${LARGEST} bytes; it is no keyring`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/**
 * Writes a file of mode 0600 that is there whole or not at all, also after a loss of power.
 *
 * @param replace - false: leaves a file that is there as it is.
 * @returns whether it was written.
 */
export async function writePrivateFile(file: string, content: string, replace: boolean): Promise<boolean> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      // A umask can only take bits away, and 0600 has none that it should.
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (replace) await rename(temporary, file)
    else await link(temporary, file)
    await sync(dirname(file))
    return true
  } catch (error) {
    if (!replace && (error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const LARGEST = 1 << 20 // bytes

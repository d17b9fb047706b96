import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { StartRefusal } from '../../kernel/refusal.ts'

/**
 * Reads a file that holds secrets.
 *
 * @throws {@link StartRefusal} when it is no plain file, others may read or write it, or it belongs to somebody else.
 */
export function readPrivateFile(file: string): string {
  return withOpen(openToRead(file), (handle) => {
    // Asked of the open file, so that what is judged is what is read.
    const status = fstatSync(handle)
    if (!status.isFile()) throw new StartRefusal(file, 'is not a file; put one there')
    if ((status.mode & 0o077) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, '0')
      throw new StartRefusal(file, `has mode ${mode}, so others can reach its secrets; make it 0600, and replace them`)
    }
    if (status.uid !== process.getuid?.())
      throw new StartRefusal(file, 'belongs to somebody else; make it belong to us')
    if (status.size > LARGEST) throw new StartRefusal(file, `is larger than ${LARGEST} bytes; it is no keyring`)
    return readFileSync(handle, 'utf8')
  })
}

function openToRead(file: string): number {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const problem = code === 'ELOOP' ? 'is a link; put the file itself there' : `can not be read (${code})`
    throw new StartRefusal(file, problem, { cause })
  }
}

/**
 * Writes a file of mode 0600 that is there whole or not at all, also after a loss of power.
 *
 * @param replace - false: leaves a file that is there as it is.
 * @returns whether it was written.
 */
export function writePrivateFile(file: string, content: string, replace: boolean): boolean {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  try {
    // A umask can only take bits away, and 0600 has none that it should.
    withOpen(openSync(temporary, 'wx', 0o600), (handle) => {
      writeFileSync(handle, content)
      fsyncSync(handle)
    })
    if (replace) renameSync(temporary, file)
    else linkSync(temporary, file)
    withOpen(openSync(dirname(file), 'r'), fsyncSync)
    return true
  } catch (error) {
    if (!replace && (error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function withOpen<T>(handle: number, work: (handle: number) => T): T {
  try {
    return work(handle)
  } finally {
    closeSync(handle)
  }
}

const LARGEST = 1 << 20 // bytes

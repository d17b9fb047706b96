import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Makes a file in a folder and takes it away again: whether that can be done is not to be told from the folder's mode.
 *
 * @throws as `node:fs` does.
 */
export async function tryToWrite(folder: string): Promise<void> {
  const draft = join(folder, `.${randomUUID()}.draft`)
  await writeFile(draft, '', { flag: 'wx', mode: 0o600 })
  await rm(draft, { force: true })
}

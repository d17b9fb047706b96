import { randomUUID } from 'node:crypto'
import { access, chmod, constants, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StartRefusal } from '../kernel/refusal.ts'
import { formOfFile, type MachineForm } from './report/render.ts'
import { tryToWrite } from './try-to-write.ts'

/** A file that a report will be written to. */
export interface ReportFile {
  readonly path: string
  readonly form: MachineForm
  /** Puts the whole text there, or leaves what was there. A file that is replaced keeps its mode. */
  write(text: string): Promise<void>
}

/**
 * Finds out before a run whether its report can be written, so that no run is in vain.
 *
 * @param named - where, as it was named; its ending tells the form.
 * @throws {@link StartRefusal} for an ending that tells no form, a folder that is not there or can not be written, and
 * what is no ordinary file.
 */
export async function openReportFile(named: string): Promise<ReportFile> {
  const form = formOfFile(named)
  if (form === undefined) throw new StartRefusal('--write', 'the file must end in .md, .json, .html, .sarif or .xml')
  try {
    const { path, mode } = await placeOf(named)
    await tryToWrite(dirname(path))
    return { path, form, write: (text) => replace(path, text, mode) }
  } catch (cause) {
    if (cause instanceof StartRefusal) throw cause
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? `the folder ${dirname(named)} is not there` : `can not be written (${code})`
    throw new StartRefusal('--write', `${named}: ${why}`, { cause })
  }
}

/** The file behind links, and its mode where it is there already. */
async function placeOf(named: string): Promise<{ readonly path: string; readonly mode?: number }> {
  const path = await realpath(named).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return join(await realpath(dirname(named)), basename(named))
  })
  const there = await stat(path).catch(() => null)
  if (there === null) return { path }
  if (!there.isFile()) throw new StartRefusal('--write', `${named} is not a file`)
  await access(path, constants.W_OK)
  return { path, mode: there.mode & 0o777 }
}

async function replace(path: string, text: string, mode: number | undefined): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.draft`)
  try {
    await writeFile(draft, text, { flag: 'wx', flush: true })
    if (mode !== undefined) await chmod(draft, mode)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

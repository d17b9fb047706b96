import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { Unproved } from '../../../kernel/claim.ts'

/** The command lines of all processes on this machine, as everybody on it can read them. */
export async function commandLines(): Promise<readonly string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  if (ids.length === 0) return listed()
  // One that ended meanwhile has none.
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line !== '').map((line) => line.replaceAll('\0', ' '))
}

/** Where there is no /proc. */
function listed(): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('ps', ['-A', '-ww', '-o', 'args='], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })
    let text = ''
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes
    })
    child.once('error', () => reject(new Unproved('there is neither /proc nor ps')))
    child.once('close', () => resolve(text.split('\n')))
  })
}

/** Files below a folder that hold a text; the files of PostgreSQL are left out, which hold what was stored. */
export async function filesHolding(folder: string, text: string): Promise<{ held: string[]; read: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const held: string[] = []
  let read = 0
  for (const entry of entries) {
    const path = `${entry.parentPath}/${entry.name}`
    const place = relative(folder, path)
    if (!entry.isFile() || /^database[/\\]/.test(place)) continue
    read++
    const content = await readFile(path, 'latin1').catch(() => '')
    if (content.includes(text)) held.push(place)
  }
  return { held, read }
}

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * Installs Better Auth into its own folder, where it is missing or another version.
 *
 * @returns `null` once it is there, else what is missing.
 */
export async function installBetterAuth(): Promise<string | null> {
  const wanted = (await manifest('package.json')).dependencies?.['better-auth']
  const there = async (): Promise<boolean> =>
    (await manifest('node_modules/better-auth/package.json').catch(() => ({ version: '' }))).version === wanted
  if (await there()) return null
  process.stderr.write(`installing better-auth ${wanted} for the bench\n`)
  const npm = process.env.npm_execpath
  const [command, ...before] = npm === undefined ? ['npm'] : [process.execPath, npm]
  const code = await new Promise<number | string>((resolve) => {
    const child = spawn(command ?? 'npm', [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: fileURLToPath(FOLDER),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.once('error', (error) => resolve(error.message))
    child.once('close', (status) => resolve(status ?? 'a signal'))
  })
  return (await there()) ? null : `better-auth ${wanted} could not be installed (npm ci ended with ${code})`
}

const FOLDER = new URL('./contestants/better-auth/', import.meta.url)

const manifest = async (
  path: string,
): Promise<{ readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> }> =>
  JSON.parse(await readFile(new URL(path, FOLDER), 'utf8'))

import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Unproved } from '../../../kernel/claim.ts'
import { type Finding, scanForSecrets } from './secret-scan.ts'

export interface RepositoryScan {
  /** Files of the tree that were read, ignored ones left out. */
  readonly files: number
  readonly commits: number
  readonly tree: readonly (Finding & { readonly place: string })[]
  readonly history: readonly (Finding & { readonly place: string })[]
}

/**
 * Looks for secrets in what git would publish: the tree as it lies there, and every line that any commit added.
 *
 * @throws {@link Unproved} without git, without a repository, and when there is more than can be read in time: a scan of a
 * part says nothing of the rest.
 */
export async function scanRepository(root: string): Promise<RepositoryScan> {
  const names = (await git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']))
    .split('\0')
    .filter((name) => name !== '')
  if (names.length > 50_000) throw new Unproved('the tree has more than 50,000 files')
  const tree: (Finding & { place: string })[] = []
  let files = 0
  for (const place of new Set(names)) {
    const text = await readText(join(root, place))
    if (text === null) continue
    files++
    for (const finding of scanForSecrets(text)) tree.push({ ...finding, place })
  }
  if ((await git(root, ['rev-parse', '--is-shallow-repository'])).trim() === 'true')
    throw new Unproved('the clone is shallow, so most of its history is not here: git fetch --unshallow')
  const log = await git(root, [
    'log',
    '--all',
    '-p',
    '--unified=0',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    '--format=%x00%h',
  ])
  const commits = log.split('\0').slice(1)
  const history = commits.flatMap((commit) => scanCommit(commit))
  return { files, commits: commits.length, tree, history }
}

/** The lines a commit added, file by file. */
function scanCommit(commit: string): (Finding & { place: string })[] {
  const hash = commit.slice(0, commit.indexOf('\n'))
  return commit
    .split(/^diff --git /m)
    .slice(1)
    .flatMap((part) => {
      const place = `${hash} ${/^\+\+\+ b\/(.*)$/m.exec(part)?.[1] ?? 'a file'}`
      const added = part.split('\n').filter((line) => line.startsWith('+') && !line.startsWith('+++ '))
      return scanForSecrets(added.map((line) => line.slice(1)).join('\n')).map((finding) => ({ ...finding, place }))
    })
}

async function readText(path: string): Promise<string | null> {
  const handle = await open(path, 'r').catch(() => null)
  if (handle === null) return null
  try {
    const status = await handle.stat()
    if (!status.isFile() || status.size > 4 << 20) return null
    const bytes = await handle.readFile()
    return bytes.subarray(0, 8_000).includes(0) ? null : bytes.toString('utf8')
  } finally {
    await handle.close()
  }
}

/** Runs git without anything a repository could make it start: no hooks, no monitors, no external diffs. */
function git(root: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['-c', `safe.directory=${root}`, '-c', 'core.fsmonitor=false', '-C', root, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
      timeout: 30_000,
    })
    const chunks: Buffer[] = []
    let size = 0
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST) child.kill('SIGKILL')
      else chunks.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk).slice(0, 500)
    })
    child.once('error', () => reject(new Unproved('git is not installed')))
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'))
      else if (size > MOST) reject(new Unproved(`the history is larger than ${MOST >> 20} MiB`))
      else reject(new Unproved(`git: ${complaint.trim().split('\n')[0] || `exit ${code}`}`))
    })
  })
}

const MOST = 128 << 20 // bytes

import { open, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { deploymentOf } from './probe-deployment.ts'
import { scanForSecrets } from './secret-scan.ts'

/** The log of a deployment. */
export const logClaims: readonly Claim[] = [
  {
    id: 'log-deployed',
    says: 'The log of what runs is written where it belongs, line by line in its form, out of the reach of others, and without secrets.',
    level: 'where-present',
    needs: ['host'],
    effect: 'reads',
    on: 'original',
    keeps: days(1),
    byHand: "ls -l .holdfast/log; grep -cE '\\$argon2|__Host-[a-z]+=|Bearer ' .holdfast/log/server.log   # 0",
    present: async (context) =>
      (await deploymentOf(context.host.stateDirectory)).pid !== null || 'nothing runs on this state directory',
    prove,
  },
]

async function prove(context: ProbeContext): Promise<void> {
  const path = join(context.host.stateDirectory, 'log', 'server.log')
  const found = await stat(path).catch(() => null)
  context.expect('positive', 'the log', found === null ? 'missing' : 'there', 'there')
  if (found === null) return
  const wide = (found.mode & 0o137) !== 0 ? `mode ${(found.mode & 0o777).toString(8)}` : 'kept out'
  context.expect('negative', 'others and the log', wide, 'kept out')
  const { pid } = await deploymentOf(context.host.stateDirectory)
  const written = pid === null ? 'nobody writes' : await isOpenIn(pid, path)
  // Elsewhere than on Linux nobody says which files a process has open.
  if (written !== null) context.expect('positive', 'the process that runs has this file open', written, 'it has')
  const text = await lastOf(path, found.size)
  const judged = judgeLog(text, context.clock.now())
  context.expect(
    'positive',
    `lines of the log's form among the last ${judged.lines}`,
    judged.formed > 0 ? 'some' : 'none',
    'some',
  )
  context.expect('negative', 'lines that begin as one of its form and are none', judged.unformed, 0)
  context.expect('negative', 'lines of a time that has not come', judged.future, 0)
  context.expect('negative', 'what looks like a secret', judged.secrets.slice(0, 5).join(', ') || 'none', 'none')
}

export interface JudgedLog {
  readonly lines: number
  /** JSON with level, time, name and message. */
  readonly formed: number
  /** Begun as JSON, and not of that form. What an application prints stands between, as it is. */
  readonly unformed: number
  readonly future: number
  /** Kind and line, never what. */
  readonly secrets: readonly string[]
}

/** Reads the text of a log, apart from what writes it. */
export function judgeLog(text: string, now: number): JudgedLog {
  const lines = text.split('\n').filter((line) => line !== '')
  const objects = lines.filter((line) => line.startsWith('{')).map(parse)
  const formed = objects.filter((line) => line !== null)
  return {
    lines: lines.length,
    formed: formed.length,
    unformed: objects.length - formed.length,
    future: formed.filter(({ time }) => time > now + CLOCKS_DIFFER_MS).length,
    secrets: lines.flatMap((line, index) => secretsIn(line).map((kind) => `${kind} in line ${index + 1} of these`)),
  }
}

function parse(line: string): { readonly time: number } | null {
  try {
    const { level, time, name, msg } = JSON.parse(line) as Readonly<Record<string, unknown>>
    const at = Date.parse(String(time))
    return LEVELS.has(String(level)) && typeof name === 'string' && typeof msg === 'string' && !Number.isNaN(at)
      ? { time: at }
      : null
  } catch {
    return null
  }
}

const secretsIn = (line: string): readonly string[] => [
  ...KINDS.flatMap(([kind, pattern]) => (pattern.test(line) ? [kind] : [])),
  ...scanForSecrets(line.slice(0, LONGEST_LINE)).map(({ rule }) => rule),
]

/** What signing in and connecting leave behind where it is logged. Every repetition is bounded. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['a password hash', /\$argon2(?:id|i|d)\$|\$2[aby]\$\d\d\$|SCRAM-SHA-256\$\d/],
  ['a cookie', /\b__(?:Host|Secure)-[a-z]{1,30}=[\w-]{16}/],
  ['a bearer token', /\bBearer [\w.~+/-]{16}/i],
  ['a link that lets in', /\/(?:enrol|reset|sign-up|link|invitation|confirm)[a-z-]{0,20}\/[\w-]{43}/],
  [
    'a field that is a secret',
    /"(?:password|passphrase|secret|token|cookie|set-cookie|authorization|pepper)"\s?:\s?"(?!\[secret\]")[^"]{4}/i,
  ],
]

/** The last of a file, from the beginning of a line. */
async function lastOf(path: string, size: number): Promise<string> {
  const file = await open(path)
  try {
    const length = Math.min(size, MOST_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    const text = buffer.toString('utf8', 0, bytesRead)
    // Whole lines: the first may have been cut by us, the last may be under way.
    const from = length < size ? text.indexOf('\n') + 1 : 0
    return text.slice(from, text.lastIndexOf('\n') + 1)
  } finally {
    await file.close()
  }
}

/** Whether a process has a file open, and not one of its name that was moved or deleted; `null` where nobody says. */
async function isOpenIn(pid: number, path: string): Promise<string | null> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => null)
  if (names === null) return null
  const wanted = await realpath(path)
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
  return targets.includes(wanted) ? 'it has' : 'it has not'
}

const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error', 'fatal'])
const MOST_BYTES = 8 * 1024 * 1024
const LONGEST_LINE = 20_000
const CLOCKS_DIFFER_MS = 300_000

import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import {
  FilterBuilder,
  isFilterStart,
  ONE_IN,
  type SourceCount,
  sizeOf,
  takeHashes,
  takeList,
} from '../checklist/authentication/strong-authentication/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { readArguments } from './arguments.ts'

/** `holdfast passwords build`. @returns the exit code. @throws StartRefusal. */
export async function buildPasswordFilter(argv: readonly string[]): Promise<number> {
  const { values } = readArguments(argv, {
    command: 'passwords',
    options: {
      from: { type: 'string', multiple: true, default: [] },
      hashes: { type: 'string', multiple: true, default: [] },
      to: { type: 'string' },
      'least-characters': { type: 'string', default: '8' },
      'least-count': { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
    most: 0,
  })
  const { from: lists, hashes, to } = values
  if (to === undefined || lists.length + hashes.length === 0)
    throw new StartRefusal(
      'passwords build',
      'needs a source and a target: holdfast passwords build --from list.txt --to common.fuse16',
    )
  const characters = wholeNumber('--least-characters', values['least-characters'], 128)
  const count = wholeNumber('--least-count', values['least-count'], 1_000_000_000)
  refuseOtherFile(to)
  const begun = performance.now()
  const bar = showBar([...lists, ...hashes].reduce((sum, source) => sum + sizeOf(source), 0))
  const builder = new FilterBuilder(to)
  try {
    const taking = { add: (hash: Buffer) => builder.add(hash), onBytes: bar.read }
    const sources: SourceCount[] = []
    for (const list of lists) sources.push(await takeList(list, characters, taking))
    for (const dump of hashes) sources.push(await takeHashes(dump, count, taking))
    if (builder.keys === 0) throw new StartRefusal(to, 'would be empty: no line of the sources was taken')
    const { entries, bytes } = builder.finish()
    bar.end()
    const seconds = Math.round((performance.now() - begun) / 100) / 10
    const built = { file: to, entries, bytes, falsePositives: { one: 1, in: ONE_IN }, seconds, sources }
    process.stdout.write(values.json ? `${JSON.stringify(built, null, 2)}\n` : described(built))
    return 0
  } finally {
    bar.end()
    builder.close()
  }
}

function described(built: {
  readonly file: string
  readonly entries: number
  readonly bytes: number
  readonly seconds: number
  readonly sources: readonly SourceCount[]
}): string {
  const sources = built.sources.flatMap(({ source, taken, left }) => [
    `${source}: ${number(taken)} taken`,
    ...Object.entries(left).map(([why, { count, lines }]) => {
      const more = count > lines.length ? ' …' : ''
      return `  ${number(count)} left out, ${why}: line${count === 1 ? '' : 's'} ${lines.join(', ')}${more}`
    }),
  ])
  return `${sources.join('\n')}
${built.file}: ${number(built.entries)} different ones in ${(built.bytes / 1e6).toFixed(1)} MB, after ${built.seconds} s
One in ${number(ONE_IN)} passwords that are not in it is taken for one that is, under each of the up to nine forms that are looked up.
`
}

const number = (value: number): string => value.toLocaleString('en')

function wholeNumber(option: string, text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw new StartRefusal(option, `must be a whole number from 1 to ${most}`)
}

/** A slip of the hand must not cost a list. */
function refuseOtherFile(file: string): void {
  if (!existsSync(file)) return
  const start = Buffer.alloc(8)
  if (statSync(file).isFile()) {
    const descriptor = openSync(file, 'r')
    readSync(descriptor, start)
    closeSync(descriptor)
  }
  if (!isFilterStart(start)) throw new StartRefusal(file, 'is there and is no password filter; name another file')
}

/** How far it is, on a terminal, once it takes longer than a second. */
function showBar(total: number): { read(count: number): void; end(): void } {
  const { stderr } = process
  let read = 0
  let drawnAt = performance.now()
  let drawn = false
  return {
    read(count) {
      read += count
      const now = performance.now()
      if (!stderr.isTTY || now - drawnAt < REDRAW_MS) return
      drawnAt = now
      drawn = true
      const done = Math.min(1, read / Math.max(1, total))
      const filled = Math.round(done * BAR)
      stderr.write(`\r\u001b[K${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${Math.floor(done * 100)} %`)
    },
    end() {
      if (drawn) stderr.write('\r\u001b[K')
      drawn = false
    },
  }
}

const REDRAW_MS = 1_000
const BAR = 40

import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '../kernel/refusal.ts'
import type { Moment } from '../kernel/time.ts'
import type { EvidenceSigner } from './signer.ts'
import { tryToWrite } from './try-to-write.ts'

/**
 * Findings of earlier runs. Each run is a file of JSON lines, `{ previous, hash, data }`, where `hash` covers `previous`
 * and `data`: an altered, removed or inserted line or run is found when it is read. The last line of a run seals it, signed where a
 * key is given. What a chain alone can't tell is that the newest runs were cut off; nobody should rest on a missing answer.
 */
export interface EvidenceStore<Entry> {
  /** Makes the folder, so that a run that could not be kept is not begun. @throws {@link StartRefusal} where it can't be written. */
  prepare(): Promise<void>
  /** Adds a run, whole or not at all, and drops the oldest ones beyond `keep`. */
  append(run: Omit<EvidenceRun<Entry>, 'number'>): Promise<void>
  /** All runs, oldest first, after the whole chain has been verified. @throws {@link EvidenceDamaged} */
  load(): Promise<readonly EvidenceRun<Entry>[]>
}

export interface EvidenceRun<Entry> {
  readonly number: number
  readonly at: Moment
  readonly definitionHash: string
  readonly lockHash: string
  /** Of the code that was loaded; `null` where it is not known: it changed meanwhile, or there is too much of it. */
  readonly sourceHash: string | null
  readonly entries: readonly Entry[]
}

/** The stored evidence is not what was written: it must not be believed. */
export class EvidenceDamaged extends Error {
  override readonly name = 'EvidenceDamaged'
}

export interface EvidenceOptions {
  /** A folder of its own; made when it is not there, mode 0700. */
  readonly folder: string
  /** Runs kept. Default 30. */
  readonly keep?: number
  /** Signs what is written; what is read must then be signed. */
  readonly signer?: EvidenceSigner
}

export function openEvidence<Entry>(options: EvidenceOptions): EvidenceStore<Entry> {
  const { folder, keep = 30, signer } = options
  return {
    async prepare() {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await tryToWrite(folder)
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException
        throw new StartRefusal(folder, `what is found could not be kept there (${code})`, { cause })
      }
    },
    async append(run) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      // Another check may add its run at the same time; the number is taken by whose link stands first.
      for (let attempt = 0; attempt < 20; attempt++) {
        const files = await runFiles(folder)
        const last = files.at(-1)
        const previous = last === undefined ? GENESIS : await lastHash(join(folder, last))
        const number = last === undefined ? 1 : numberOf(last) + 1
        const text = writeRun({ ...run, number }, previous, signer)
        if (!(await placeNew(join(folder, fileName(number)), text))) continue
        const tooMany = [...files, fileName(number)].slice(0, -keep)
        for (const old of tooMany) await rm(join(folder, old), { force: true })
        return
      }
      throw new Error(`the evidence folder ${folder} is too busy`)
    },
    async load() {
      const runs: EvidenceRun<Entry>[] = []
      let previous: string | undefined
      let expected: number | undefined
      for (const file of await runFiles(folder)) {
        const number = numberOf(file)
        if (expected !== undefined && number !== expected) throw new EvidenceDamaged(`run ${expected} is missing`)
        const read = readRun<Entry>(await readFile(join(folder, file), 'utf8'), number, previous, signer)
        runs.push(read.run)
        previous = read.hash
        expected = number + 1
      }
      return runs
    },
  }
}

interface Line {
  readonly previous: string
  readonly hash: string
  readonly data: unknown
  readonly signature?: { readonly key: string; readonly value: string }
}

function writeRun<Entry>(run: EvidenceRun<Entry>, start: string, signer: EvidenceSigner | undefined): string {
  const { entries, ...head } = run
  const lines: string[] = []
  let previous = start
  for (const data of [
    { kind: 'run', ...head },
    ...entries.map((entry) => ({ kind: 'entry', entry })),
    { kind: 'end', entries: entries.length },
  ]) {
    const hash = hashOf(previous, data)
    const line: Line = { previous, hash, data }
    const sealed = data.kind === 'end' && signer !== undefined
    lines.push(JSON.stringify(sealed ? { ...line, signature: { key: signer.key, value: signer.sign(hash) } } : line))
    previous = hash
  }
  return `${lines.join('\n')}\n`
}

function readRun<Entry>(
  text: string,
  number: number,
  start: string | undefined,
  signer: EvidenceSigner | undefined,
): { run: EvidenceRun<Entry>; hash: string } {
  const damaged = (what: string): never => {
    throw new EvidenceDamaged(`run ${number}: ${what}`)
  }
  const entries: Entry[] = []
  let head: Omit<EvidenceRun<Entry>, 'entries'> | undefined
  let previous = start
  let ended = false
  for (const raw of text.split('\n').slice(0, -1)) {
    const line = parseLine(raw) ?? damaged('a line is unreadable')
    if (previous !== undefined && line.previous !== previous) damaged('a line was removed or inserted')
    if (hashOf(line.previous, line.data) !== line.hash) damaged('a line was altered')
    if (ended) damaged('a line follows its end')
    previous = line.hash
    const data = line.data as { kind: string; entry: Entry; entries: number } & Omit<EvidenceRun<Entry>, 'entries'>
    if (data.kind === 'run')
      // Runs of before there was a hash of the source have none.
      head = {
        ...{ number: data.number, at: data.at, definitionHash: data.definitionHash, lockHash: data.lockHash },
        sourceHash: data.sourceHash ?? null,
      }
    else if (data.kind === 'entry') entries.push(data.entry)
    else {
      ended = data.kind === 'end' && data.entries === entries.length
      if (
        signer !== undefined &&
        !(line.signature && signer.verify(line.hash, line.signature.key, line.signature.value))
      ) {
        damaged('its seal is not signed by a known key')
      }
    }
  }
  if (head === undefined || head.number !== number || !ended || previous === undefined)
    return damaged('it is not whole')
  return { run: { ...head, entries }, hash: previous }
}

function parseLine(raw: string): Line | undefined {
  try {
    const line = JSON.parse(raw) as Line
    return typeof line.hash === 'string' && typeof line.previous === 'string' && typeof line.data === 'object'
      ? line
      : undefined
  } catch {
    return undefined
  }
}

const hashOf = (previous: string, data: unknown): string =>
  createHash('sha256')
    .update(`${previous}\n${JSON.stringify(data)}`)
    .digest('hex')

async function lastHash(path: string): Promise<string> {
  const last = (await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? ''
  const line = parseLine(last)
  if (line === undefined) throw new EvidenceDamaged(`${path} is unreadable`)
  return line.hash
}

/** Writes a new file whole, or answers false when one of that name stands there. */
async function placeNew(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.draft`
  await writeFile(draft, text, { mode: 0o600, flush: true })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function runFiles(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d{8}\.jsonl$/.test(name)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const fileName = (number: number): string => `${String(number).padStart(8, '0')}.jsonl`
const numberOf = (file: string): number => Number(file.slice(0, 8))
/** What the first line of the first run follows. */
const GENESIS = '0'.repeat(64)

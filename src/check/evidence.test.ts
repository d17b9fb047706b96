import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, suite, test } from 'node:test'
import { type EvidenceStore, openEvidence } from './evidence.ts'
import { ed25519Signer } from './signer.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

interface Entry {
  readonly claim: string
}

const run = (claim: string): Parameters<EvidenceStore<Entry>['append']>[0] => ({
  at: 1,
  definitionHash: 'd',
  lockHash: 'l',
  sourceHash: 's',
  entries: [{ claim }, { claim: `${claim}2` }],
})

const pem = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

suite('stored evidence', () => {
  let folder: string
  const temporary = temporaryFolder()
  beforeEach(() => {
    folder = join(temporary.path, 'check')
  })

  const claims = async (store: EvidenceStore<Entry>): Promise<string[]> =>
    (await store.load()).flatMap((one) => one.entries.map((entry) => entry.claim))

  test('is nothing at first, and then what was stored, in order', async () => {
    const store = openEvidence<Entry>({ folder })
    assert.deepEqual(await store.load(), [])
    await store.append(run('a'))
    await store.append(run('b'))
    assert.deepEqual(await claims(store), ['a', 'a2', 'b', 'b2'])
    assert.equal((await store.load())[1]?.number, 2)
  })

  test('is for its owner only', async () => {
    await openEvidence<Entry>({ folder }).append(run('a'))
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.equal((await stat(join(folder, '00000001.jsonl'))).mode & 0o777, 0o600)
  })

  test('keeps so many runs and drops the oldest', async () => {
    const store = openEvidence<Entry>({ folder, keep: 3 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store.append(run(name))
    assert.deepEqual(await claims(store), ['c', 'c2', 'd', 'd2', 'e', 'e2'])
    assert.equal((await readdir(folder)).length, 3)
  })

  test('takes runs that end at the same moment, each whole', async () => {
    const store = openEvidence<Entry>({ folder })
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => store.append(run(name))))
    assert.equal((await claims(store)).length, 8)
  })

  const damages: readonly (readonly [what: string, damage: (file: string) => Promise<void>, message: RegExp])[] = [
    ['an altered entry', (file) => edit(file, (text) => text.replace('"claim":"b"', '"claim":"x"')), /altered/],
    ['a removed entry', (file) => edit(file, (text) => dropLine(text, 1)), /removed or inserted/],
    ['a removed end', (file) => edit(file, (text) => dropLine(text, 3)), /not whole/],
    ['a removed head', (file) => edit(file, (text) => dropLine(text, 0)), /removed or inserted/],
    ['a repeated run', (file) => edit(file, (text) => text + text), /removed or inserted/],
    ['a cut line', (file) => edit(file, (text) => `${text.slice(0, -40)}\n`), /unreadable/],
    ['nothing in it', (file) => edit(file, () => ''), /not whole/],
    ['a run that is gone', (file) => rm(file), /missing/],
    ['a run of another number', (file) => rename(file, file.replace('2.jsonl', '9.jsonl')), /missing/],
  ]
  for (const [what, damage, message] of damages) {
    test(`is not believed with ${what}`, async () => {
      const store = openEvidence<Entry>({ folder })
      for (const name of ['a', 'b', 'c']) await store.append(run(name))
      await damage(join(folder, '00000002.jsonl'))
      await assert.rejects(store.load(), { name: 'EvidenceDamaged', message })
    })
  }

  test('is believed only when signed, where there is a key, by one that is known', async () => {
    const [first, second] = [pem(), pem()]
    const signer = ed25519Signer({ first }, 'first')
    await openEvidence<Entry>({ folder, signer }).append(run('a'))
    const rotated = ed25519Signer({ first, second }, 'second')
    await openEvidence<Entry>({ folder, signer: rotated }).append(run('b'))
    assert.equal((await claims(openEvidence<Entry>({ folder, signer: rotated }))).length, 4)
    await assert.rejects(openEvidence<Entry>({ folder, signer }).load(), /not signed by a known key/)
    await openEvidence<Entry>({ folder }).append(run('c'))
    await assert.rejects(openEvidence<Entry>({ folder, signer: rotated }).load(), /run 3: its seal is not signed/)
  })

  test('has keys of one kind', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    assert.throws(() => ed25519Signer({ a: rsa.toString() }, 'a'), /must be an Ed25519 key/)
    assert.throws(() => ed25519Signer({ a: pem() }, 'b'), /no evidence key b/)
  })
})

const edit = async (file: string, change: (text: string) => string): Promise<void> =>
  writeFile(file, change(await readFile(file, 'utf8')))

const dropLine = (text: string, number: number): string =>
  text
    .split('\n')
    .filter((_, index) => index !== number)
    .join('\n')

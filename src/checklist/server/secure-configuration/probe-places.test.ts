import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandLines, filesHolding } from './probe-places.ts'

test('the command lines of this machine hold our own', async () => {
  assert.ok((await commandLines()).some((line) => line.includes('probe-places.test.ts')))
})

test('files that hold a text are found at every depth, and those of PostgreSQL are not looked at', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-places-'))
  try {
    await mkdir(join(folder, 'log', 'deep'), { recursive: true })
    await mkdir(join(folder, 'database'))
    await writeFile(join(folder, 'log', 'deep', 'console.log'), 'before THE-LINK after')
    await writeFile(join(folder, 'log', 'server.log'), 'nothing')
    await writeFile(join(folder, 'database', 'segment'), 'THE-LINK')
    assert.deepEqual(await filesHolding(folder, 'THE-LINK'), { held: [join('log', 'deep', 'console.log')], read: 2 })
  } finally {
    await rm(folder, { recursive: true })
  }
})

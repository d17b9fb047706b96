import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { uuidv7 } from '../../kernel/id.ts'
import { linkOf, MOST_KEPT, openOutbox, readOutbox } from './outbox.ts'

suite('the outbox of a development', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-outbox-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  let now = Date.UTC(2026, 10, 23)
  const outbox = openOutbox(folder, { now: () => now })
  const send = async (subject: string, text = 'Hello\n'): Promise<string> => {
    const id = uuidv7(++now, randomBytes)
    await outbox.send({ to: 'ada@harbour.example', subject, text, html: '<p>Hello</p>' }, id)
    return id
  }

  test('is empty where there is none', () => {
    assert.deepEqual(readOutbox(join(folder, 'absent')), [])
  })

  test('keeps mails for nobody else to read, newest first, each once', async () => {
    await send('one')
    const id = await send('two')
    await outbox.send({ to: 'ada@harbour.example', subject: 'two', text: '', html: '' }, id)
    assert.deepEqual(
      readOutbox(folder).map(({ subject }) => subject),
      ['two', 'one'],
    )
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  })

  test('passes over what is no mail of ours', async () => {
    const before = readOutbox(folder).length
    writeFileSync(join(folder, `${uuidv7(++now, randomBytes)}.json`), 'no JSON')
    writeFileSync(join(folder, 'note.txt'), 'x')
    assert.equal(readOutbox(folder).length, before)
  })

  test(`keeps the last ${MOST_KEPT}`, async () => {
    for (let n = 0; n < MOST_KEPT + 5; n++) await send(`mail ${n}`)
    const kept = readOutbox(folder)
    assert.deepEqual([kept.length, kept[0]?.subject], [MOST_KEPT, `mail ${MOST_KEPT + 4}`])
  })

  test('finds the address that stands alone on a line', () => {
    assert.equal(
      linkOf({ text: 'Go to https://no.example now\n\nhttps://yes.example/x?y=z\n' }),
      'https://yes.example/x?y=z',
    )
    assert.equal(linkOf({ text: 'None' }), null)
  })
})

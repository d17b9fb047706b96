import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { suite, test } from 'node:test'
import { ColumnTypes } from './column-types.ts'
import { Lane } from './lane.ts'

const message = (code: string, body = ''): Buffer => {
  const head = Buffer.alloc(5)
  head.write(code)
  head.writeInt32BE(Buffer.byteLength(body, 'latin1') + 4, 1)
  return Buffer.concat([head, Buffer.from(body, 'latin1')])
}
const READY = message('Z', 'I')
const DONE = message('C', 'SELECT 1\0')
const BOUND = message('2')
const COLUMN = message('T', `\0\x01a\0${'\0'.repeat(4)}\0\0\0\0\0\x19\0\0\0\0\0\0\0\0`)
/** The answer to the lane's own first question. */
const START = Buffer.concat([...Array(5).fill(message('1')), message('t', '\0\0'), COLUMN, BOUND, DONE, READY])

/** A lane whose server answers each write with what `script` holds next. */
async function laneWith(script: readonly (Buffer | null)[], statementTimeout = 1_000) {
  const answers = [START, ...script]
  const stream = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      const answer = answers.shift()
      if (answer) this.push(answer)
      done()
    },
  })
  let ended: unknown
  const lane = await Lane.start({
    stream,
    types: new ColumnTypes(),
    place: 'lane',
    statementTimeout,
    onEnd: (cause) => {
      ended = cause
    },
  })
  return { lane, stream, ended: () => ended }
}

const ask = (lane: Lane) => lane.run(['identity'], '||own', [{ sql: 'select 1', values: [] }])
const known = (rest: readonly Buffer[]): Buffer =>
  Buffer.concat([BOUND, message('D', '\0\0'), DONE, message('1'), message('t', '\0\0'), COLUMN, BOUND, ...rest])

suite('a lane', { timeout: 30_000 }, () => {
  test('answers when the server does', async () => {
    const { lane } = await laneWith([known([message('D', '\0\x01\0\0\0\x01x'), DONE, READY])])
    assert.deepEqual(await ask(lane), [{ rows: [{ a: 'x' }], changed: 0 }])
    lane.destroy(undefined)
  })

  for (const [what, answer] of [
    ['a transaction left open', known([DONE, message('Z', 'T')])],
    ['a row of another width', known([message('D', '\0\x02\0\0\0\x01x\0\0\0\x01x'), DONE, READY])],
    ['a field beyond its row', known([message('D', '\0\x01\0\0\0\x09x'), DONE, READY])],
    ['a row longer than its fields', known([message('D', '\0\x01\0\0\0\x01xx'), DONE, READY])],
    ['a row before its description', Buffer.concat([BOUND, DONE, message('D', '\0\x01\0\0\0\x01x')])],
    [
      'a column named __proto__',
      Buffer.concat([BOUND, DONE, message('1'), message('T', `\0\x01__proto__\0${'\0'.repeat(18)}`)]),
    ],
    ['a description of another length', Buffer.concat([BOUND, DONE, message('1'), message('T', '\0\x02a\0')])],
    ['fewer answers than statements', Buffer.concat([BOUND, DONE, READY])],
    ['a copy', message('G', '\0\0\0')],
    ['a request for the password', message('R', '\0\0\0\x03')],
    ['a message nobody knows', message('!')],
    ['a length that can not be', Buffer.from([0x44, 0, 0, 0, 1])],
  ] as const) {
    test(`ends when the server sends ${what}, and refuses all that was in flight`, async () => {
      const { lane, ended } = await laneWith([answer])
      const results = await Promise.allSettled([ask(lane), ask(lane), ask(lane)])
      for (const result of results)
        assert.equal(result.status === 'rejected' && result.reason.code, 'database-unavailable')
      assert.ok(ended() instanceof Error)
      assert.equal(lane.ended, true)
      await assert.rejects(ask(lane), { code: 'database-unavailable' })
    })
  }

  test('ends when the server speaks without being asked', async () => {
    const { lane, stream, ended } = await laneWith([])
    stream.push(READY)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(lane.ended, true)
    assert.match(String(ended()), /no question/)
  })

  test('ends when the server stays silent beyond the statement’s time', async () => {
    const { lane, ended } = await laneWith([null], 100)
    const begun = performance.now()
    await assert.rejects(ask(lane), { code: 'database-unavailable' })
    assert.ok(performance.now() - begun < 3_000)
    assert.match(String(ended()), /does not answer/)
  })

  test('lets notices and settings pass', async () => {
    const { lane } = await laneWith([
      Buffer.concat([
        message('N', 'SNOTICE\0\0'),
        message('S', 'TimeZone\0UTC\0'),
        message('A', '\0\0\0\x01channel\0payload\0'),
        known([message('D', '\0\x01\xff\xff\xff\xff'), DONE, READY]),
      ]),
    ])
    assert.deepEqual(await ask(lane), [{ rows: [{ a: null }], changed: 0 }])
    lane.destroy(undefined)
  })
})

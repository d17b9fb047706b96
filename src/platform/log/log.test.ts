import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Refusal } from '../../kernel/refusal.ts'
import { Secret } from '../../kernel/secret.ts'
import { createLog, type Log } from './log.ts'

function capture(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  return { log: createLog({ name: 'test', destination: { write: (line) => void lines.push(line) } }), lines }
}

suite('a log line', () => {
  test('is one JSON object with level, time, name and message', () => {
    const { log, lines } = capture()
    log.info({ id: 'a' }, 'hello')
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    assert.deepEqual([line.level, line.name, line.msg, line.id], ['info', 'test', 'hello', 'a'])
    assert.match(String(line.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  test('can not be forged by what is logged', () => {
    const { log, lines } = capture()
    for (const end of ['\n', '\r\n', '\u2028', '\u0000']) {
      log.warn({ name: `x${end}{"level":"error"}`, [`a${end}b`]: 1, nested: { deep: `y${end}z` } }, `m${end}n`)
    }
    assert.equal(lines.length, 4)
    for (const line of lines) assert.equal(line.split('\n').length, 2) // its own end, and nothing after it
  })

  test('shows no secret, wherever it stands', () => {
    const { log, lines } = capture()
    const secret = new Secret('hunter2')
    log.error({ secret, nested: { list: [secret] }, cause: new Error('failed', { cause: secret }) }, `with ${secret}`)
    assert.doesNotMatch(lines.join(''), /hunter2/)
    assert.match(lines.join(''), /\[secret\]/)
  })

  test('survives circles and long texts', () => {
    const { log, lines } = capture()
    const circle: Record<string, unknown> = {}
    circle.self = circle
    log.info({ circle, long: 'x'.repeat(100_000) }, 'x')
    assert.ok((lines[0] ?? '').length < 3_000)
  })
})

suite('an error in the log', () => {
  const described = (cause: unknown): Record<string, unknown> => {
    const { log, lines } = capture()
    log.error({ cause }, 'failed')
    return (JSON.parse(lines[0] ?? '') as { cause: Record<string, unknown> }).cause
  }

  test('has its kind, code, message, frames and causes, and none of its other properties', () => {
    const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), {
      code: 'E1',
      query: 'select 1',
      value: 'x',
    })
    const { type, message, code, stack, cause, ...rest } = described(error)
    assert.deepEqual([type, message, code, rest], ['Error', 'outer', 'E1', {}])
    assert.ok(Array.isArray(stack) && stack.every((line) => String(line).startsWith('at ')))
    assert.equal((cause as { message: string }).message, 'inner')
  })

  test('quotes no value that the database complained of', () => {
    const error = Object.assign(new Error('invalid input syntax for type integer: "4111111111111111"'), {
      code: '22P02',
      detail: 'Failing row contains (4111111111111111).',
      table: 'note',
    })
    assert.doesNotMatch(JSON.stringify(described(error)), /4111/)
    assert.match(JSON.stringify(described(error)), /22P02.*|table note/)
  })

  test('quotes no text that was no JSON', () => {
    let error: unknown
    try {
      JSON.parse('{"password": hunter2}')
    } catch (thrown) {
      error = thrown
    }
    assert.doesNotMatch(JSON.stringify(described(error)), /hunter2|password/)
  })

  test('ends, however many causes it has', () => {
    let error: Error = new Error('first')
    for (let i = 0; i < 100; i++) error = new Error('x'.repeat(5_000), { cause: error })
    assert.ok(JSON.stringify(described(error)).length < 30_000)
  })

  test('may be a refusal or no error at all', () => {
    assert.equal(described(new Refusal('not-found')).code, 'not-found')
    assert.equal(described({ password: 'x' }).message, 'something was thrown that is no Error')
  })
})

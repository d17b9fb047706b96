import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, suite, test } from 'node:test'
import { seconds } from '../../kernel/time.ts'
import { type BreachService, createBreachService } from './range-query.ts'

const LINE = `${'0'.repeat(33)}1F:7`

suite('a service that knows of breaches', () => {
  let server: http.Server
  let url = ''
  let answer: (reply: http.ServerResponse) => void = () => undefined
  let asked: http.IncomingMessage[] = []
  let now = 0

  before(async () => {
    server = http.createServer((request, reply) => {
      asked.push(request)
      answer(reply)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  beforeEach(() => {
    asked = []
    now = Date.parse('2026-11-24T12:00:00Z')
    answer = says(`${LINE}\r\n`)
  })

  const client = (): BreachService => createBreachService({ url, clock: { now: () => now }, timeout: seconds(0.3) })
  const says =
    (text: string, status = 200) =>
    (reply: http.ServerResponse) =>
      void reply.writeHead(status, { 'content-type': 'text/plain' }).end(text)
  const prefix = (index: number): string => index.toString(16).toUpperCase().padStart(5, '0')

  test('is sent the prefix and a wish for padding, and nothing else about anybody', async () => {
    assert.deepEqual(await client().range('ABCDE'), [LINE])
    const [request] = asked
    assert.deepEqual([request?.method, request?.url], ['GET', '/range/ABCDE'])
    const usual = ['accept-encoding', 'accept-language', 'connection', 'host', 'sec-fetch-mode']
    const own = Object.entries(request?.headers ?? {}).filter(([name]) => !usual.includes(name))
    assert.deepEqual(Object.fromEntries(own), { accept: 'text/plain', 'add-padding': 'true', 'user-agent': 'holdfast' })
  })

  test('is asked once for a range within ten minutes, and once by all who wait for it', async () => {
    const one = client()
    await Promise.all(Array.from({ length: 50 }, () => one.range('ABCDE')))
    now += 599_000
    await one.range('ABCDE')
    assert.equal(asked.length, 1)
    now += 1_000
    await one.range('ABCDE')
    assert.equal(asked.length, 2)
  })

  test('has the last thirty of its answers kept', async () => {
    const one = client()
    for (let index = 0; index < 31; index++) await one.range(prefix(index))
    asked = []
    for (let index = 1; index < 31; index++) await one.range(prefix(index))
    assert.equal(asked.length, 0)
    await one.range(prefix(0))
    assert.equal(asked.length, 1)
  })

  for (const [what, ill] of [
    ['never answers', () => undefined],
    ['answers a byte at a time', (reply) => drip(reply)],
    ['answers without end', (reply) => flood(reply)],
    ['answers with more than it may', says(`${LINE}\n`.repeat(20_000))],
    ['hangs up', (reply) => void reply.destroy()],
    ['leads elsewhere', (reply) => void reply.writeHead(302, { location: '/range/ABCDF' }).end()],
    ['fails', says('', 500)],
    ['asks to come later', says('', 429)],
    ['knows no such range', says('', 404)],
    ['answers with a page', says('<h1>Sign in to the network</h1>')],
    ['answers with whole hashes', says(`${'A'.repeat(40)}:1`)],
    ['answers with negative counts', says(`${'A'.repeat(35)}:-1`)],
  ] as readonly (readonly [string, (reply: http.ServerResponse) => void])[])
    test(`is given up within its time when it ${what}`, async () => {
      answer = ill
      const begun = performance.now()
      await assert.rejects(client().range('ABCDE'), { name: 'BreachFault' })
      assert.ok(performance.now() - begun < 1_500)
      assert.equal(asked.length, 1)
    })

  test('that is not there is no answer', async () => {
    const nowhere = createBreachService({ url: 'http://127.0.0.1:1/', clock: { now: () => now } })
    await assert.rejects(nowhere.range('ABCDE'), { reason: 'unreachable' })
  })

  test('may answer with nothing', async () => {
    answer = says('')
    assert.deepEqual(await client().range('ABCDE'), [])
  })

  test('is left alone for half a minute after three failures, and then tried by one', async () => {
    answer = says('', 500)
    const one = client()
    for (let index = 0; index < 3; index++) await assert.rejects(one.range(prefix(index)), { reason: 'answer' })
    await assert.rejects(one.range(prefix(4)), { reason: 'paused' })
    assert.equal(asked.length, 3)
    now += 30_000
    const [first, second] = await Promise.allSettled([one.range(prefix(5)), one.range(prefix(6))])
    assert.deepEqual(
      [first, second].map((result) => (result.status === 'rejected' ? result.reason.reason : 'answered')),
      ['answer', 'busy'],
    )
    await assert.rejects(one.range(prefix(7)), { reason: 'paused' })
    now += 30_000
    answer = says(LINE)
    await one.range(prefix(8))
    await Promise.all([one.range(prefix(9)), one.range(prefix(10))])
    assert.equal(asked.length, 7)
  })

  test('has no more than eight requests under way', async () => {
    answer = () => undefined
    const one = client()
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => one.range(prefix(index))))
    const reasons = results.map((result) => (result.status === 'rejected' ? result.reason.reason : 'answered'))
    assert.deepEqual(
      ['unreachable', 'busy'].map((reason) => reasons.filter((one) => one === reason).length),
      [8, 12],
    )
    assert.equal(asked.length, 8)
  })
})

function drip(reply: http.ServerResponse): void {
  reply.writeHead(200)
  const timer = setInterval(() => reply.write('A'), 20)
  reply.on('close', () => clearInterval(timer))
}

function flood(reply: http.ServerResponse): void {
  reply.writeHead(200)
  const chunk = `${LINE}\n`.repeat(1_000)
  const write = (): void => {
    while (!reply.destroyed && reply.write(chunk));
  }
  reply.on('drain', write)
  write()
}

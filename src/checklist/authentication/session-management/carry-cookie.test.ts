import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { carryCookie } from './carry-cookie.ts'

const OURS = '__Host-session=; Max-Age=0'
const THEIRS = '__Host-session=new; Path=/'

/** The cookies of a reply that `write` writes, with ours carried along. */
async function cookiesOf(write: (response: ServerResponse) => void): Promise<readonly string[]> {
  const server = createServer((_request, response) => {
    carryCookie(response, OURS, '__Host-session=')
    write(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await reply.text()
    return reply.headers.getSetCookie()
  } finally {
    server.close()
  }
}

suite('a carried cookie', () => {
  for (const [how, write, expected] of [
    ['a list of fields', (r) => r.writeHead(200, ['x-a', '1']).end(), [OURS]],
    ['a list with another cookie', (r) => r.writeHead(200, ['set-cookie', 'a=b']).end(), ['a=b', OURS]],
    ['a list that sets the session', (r) => r.writeHead(200, ['Set-Cookie', THEIRS]).end(), [THEIRS]],
    ['an object of fields', (r) => r.writeHead(200, { 'x-a': '1' }).end(), [OURS]],
    ['an object with another cookie', (r) => r.writeHead(200, { 'set-cookie': 'a=b' }).end(), ['a=b', OURS]],
    [
      'an object that sets the session',
      (r) => r.writeHead(200, { 'set-cookie': ['a=b', THEIRS] }).end(),
      ['a=b', THEIRS],
    ],
    ['a reason and an object', (r) => r.writeHead(200, 'Fine', { 'x-a': '1' }).end(), [OURS]],
    ['a field set before', (r) => r.setHeader('set-cookie', THEIRS).end(), [THEIRS]],
    ['another cookie set before', (r) => r.setHeader('set-cookie', ['a=b']).end('x'), ['a=b', OURS]],
    ['nothing at all', (r) => r.end(), [OURS]],
  ] as readonly (readonly [string, (response: ServerResponse) => void, readonly string[]])[]) {
    test(`goes with a reply written as ${how}`, async () => assert.deepEqual(await cookiesOf(write), expected))
  }
})

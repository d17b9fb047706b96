import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { suite, test } from 'node:test'
import { StartRefusal } from '../../kernel/refusal.ts'
import { createAddressReader } from './client-address.ts'

const request = (peer: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

suite("the client's address", () => {
  for (const [what, trusted, peer, forwarded, expected] of [
    ['is the peer without proxies', [], '192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['is the peer when it is no proxy', ['10.0.0.0/8'], '192.0.2.1', '198.51.100.7', '192.0.2.1'],
    ['is what a proxy tells', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['is the proxy when it tells nothing', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
    ['is the last one that is no proxy', ['10.0.0.0/8'], '10.1.2.3', '6.6.6.6, 198.51.100.7, 10.9.9.9', '198.51.100.7'],
    ['is not what the client wrote before', ['10.0.0.0/8'], '10.1.2.3', '10.0.0.1, 6.6.6.6', '6.6.6.6'],
    ['is the furthest proxy when all are', ['10.0.0.0/8'], '10.1.2.3', '10.0.0.7, 10.0.0.8', '10.0.0.7'],
    ['stops at what is no address', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.7, nonsense', '10.1.2.3'],
    ['stops at an empty entry', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.7,', '10.1.2.3'],
    ['is read from IPv6 proxies', ['2001:db8::/32'], '2001:db8::1', '2001:db9::5', '2001:db9::5'],
    ['knows IPv4 within IPv6', ['10.0.0.0/8'], '::ffff:10.1.2.3', '::ffff:198.51.100.7', '198.51.100.7'],
    ['is trusted by single address', ['127.0.0.1'], '127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ] as const) {
    test(what, () => {
      assert.equal(createAddressReader(trusted)(request(peer, forwarded)), expected)
    })
  }

  test('is found in bounded time', () => {
    const long = Array.from({ length: 5_000 }, () => '10.0.0.1').join(', ')
    assert.equal(createAddressReader(['10.0.0.0/8'])(request('10.1.2.3', long)), '10.0.0.1')
  })

  for (const wrong of [
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '::1/129',
    'localhost',
    '',
    '10.0.0.0/-1',
    '10.0.0.0/a',
  ]) {
    test(`is not looked for behind "${wrong}"`, () => {
      assert.throws(() => createAddressReader([wrong]), StartRefusal)
    })
  }
})

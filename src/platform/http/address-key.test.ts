import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addressKey } from './address-key.ts'

suite('a client address counts', () => {
  for (const [address, key] of [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['2001:db8:1::192.0.2.1', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    ['nonsense', 'nonsense'],
  ] as const) {
    test(`as ${key || 'nothing'} for ${address || 'nothing'}`, () => assert.equal(addressKey(address), key))
  }
})

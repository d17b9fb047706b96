import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encode } from 'uqr'
import { qrCode } from './qr.ts'

suite('a QR code', () => {
  const text = 'otpauth://totp/Notes:ada%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

  test('draws every dark module and no other', () => {
    const { data, size } = encode(text, { ecc: 'M', border: 4 })
    const drawn = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
    for (const [, x = '', y = '', width = ''] of qrCode(text, 'x')
      .toString()
      .matchAll(/M(\d+) (\d+)h(\d+)v1/g))
      for (let at = Number(x); at < Number(x) + Number(width); at++) (drawn[Number(y)] ?? [])[at] = true
    assert.deepEqual(drawn, data)
  })

  test('says what it is to who can not see it, and nothing unescaped', () => {
    const svg = qrCode(text, '"><script>').toString()
    assert.match(svg, /^<svg class="qr" role="img" aria-label="&quot;&gt;&lt;script&gt;"/)
    assert.ok(!svg.includes('<script>'))
  })
})

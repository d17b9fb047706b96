import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Mode } from './setting.ts'
import { WrongSetting } from './setting.ts'
import { parseSender, parseSmtpUrl, weakSmtp } from './smtp-url.ts'

suite('the URL of a mail server', () => {
  for (const [text, mode, expected] of [
    ['smtps://ada:s%40cret@mail.example', 'start', ['mail.example', 465, 'ada', 's@cret', 'at-once']],
    ['smtp://ada:secret@mail.example:2525', 'start', ['mail.example', 2525, 'ada', 'secret', 'required']],
    ['smtp://mail.example', 'dev', ['mail.example', 587, null, undefined, 'required']],
    ['smtp://127.0.0.1:1025', 'dev', ['127.0.0.1', 1025, null, undefined, 'none']],
    ['smtp://[::1]:1025/', 'dev', ['::1', 1025, null, undefined, 'none']],
    ['smtp://127.0.0.1:1025', 'start', ['127.0.0.1', 1025, null, undefined, 'required']],
    ['smtp://127.0.0.1:1025?starttls=required', 'dev', ['127.0.0.1', 1025, null, undefined, 'required']],
  ] as const) {
    test(`is read from ${text} (${mode})`, () => {
      const target = parseSmtpUrl(text, mode)
      assert.deepEqual([target.host, target.port, target.user, target.password?.release(), target.tls], expected)
      assert.equal(weakSmtp(target, mode), null)
    })
  }

  test('names an authority of its own', () => {
    assert.equal(parseSmtpUrl('smtps://mail.example?ca=/etc/mail.pem', 'start').caFile, '/etc/mail.pem')
  })

  for (const text of [
    '',
    'mail.elsewhere.example',
    'http://mail.example',
    'smtp:mail.example',
    'smtp://',
    'smtp://mail.example/path',
    'smtp://mail.example#1',
    'smtp://ada@mail.example',
    'smtp://:secret@mail.example',
    'smtp://a%:b@mail.example',
    'smtp://mail.example?tls=off',
    'smtp://mail.example?starttls=no',
    'smtp://mail.example?starttls=off&starttls=required',
    'smtps://mail.example?starttls=off',
    'smtp://mail.example?ca=relative.pem',
    'smtp://mail_ex;ample',
    'smtp://mail.example\r\nX: y',
  ]) {
    test(`is refused for ${JSON.stringify(text)}, without quoting it`, () => {
      assert.throws(
        () => parseSmtpUrl(text, 'start'),
        (error) => error instanceof WrongSetting && (text === '' || !error.message.includes(text)),
      )
    })
  }

  for (const [text, mode] of [
    ['smtp://mail.example?starttls=off', 'dev'],
    ['smtp://mail.example?starttls=off', 'start'],
    ['smtp://127.0.0.1?starttls=off', 'start'],
  ] as readonly (readonly [string, Mode])[]) {
    test(`is too weak as ${text} (${mode})`, () => {
      assert.match(weakSmtp(parseSmtpUrl(text, mode), mode) ?? '', /unencrypted/)
    })
  }
})

suite('who mails are from', () => {
  test('is an address, with a name or without', () => {
    assert.deepEqual(parseSender('Notes & Co <notes@app.example>'), {
      name: 'Notes & Co',
      address: 'notes@app.example',
    })
    assert.deepEqual(parseSender('notes@app.example'), { name: null, address: 'notes@app.example' })
  })
  for (const text of [
    'notes',
    'a@b@c.example',
    'Notes <notes@app.example>, eve@elsewhere.example',
    'Notes <notes@app.example>\r\nBcc: eve@elsewhere.example',
    '"Notes" <notes@app.example>',
    '<notes@app.example>',
    'notes@app.example eve@elsewhere.example',
  ]) {
    test(`is refused for ${JSON.stringify(text)}`, () => assert.throws(() => parseSender(text), WrongSetting))
  }
})

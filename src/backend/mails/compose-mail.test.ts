import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { composeMail, type MailContent } from './compose-mail.ts'

const content: MailContent = {
  to: 'ada@harbour.example',
  subject: 'Choose a new password',
  title: 'Choose a new password',
  paragraphs: ['Somebody asked for a new password for your account at Harbour. The link works once, within an hour.'],
  link: { label: 'Choose a password', href: 'https://harbour.example/reset?token=AbC_-1' },
  footer: 'You get this because your address belongs to an account at Harbour.',
}

suite('a mail', () => {
  test('says the same in plain text and in HTML', () => {
    const mail = composeMail(content)
    assert.equal(mail.to, content.to)
    assert.equal(mail.subject, content.subject)
    for (const form of [mail.text.replaceAll('\n', ' '), mail.html]) {
      for (const said of [content.title, ...content.paragraphs, content.link?.href ?? '', content.footer])
        assert.ok(form.includes(said), said)
    }
  })

  test('has its link alone on a line of the plain text, and no other line over 72 characters', () => {
    const href = `https://harbour.example/reset?token=${'a'.repeat(200)}`
    const lines = composeMail({ ...content, link: { label: 'Go', href } }).text.split('\n')
    assert.ok(lines.includes(href))
    assert.deepEqual(
      lines.filter((line) => line.length > 72),
      [href],
    )
  })

  test('fetches nothing from anywhere', () => {
    const { html } = composeMail(content)
    assert.doesNotMatch(html, /<(img|script|link|iframe|object|video|form)\b|url\(|@import|src=|background=/i)
    const places = [...html.matchAll(/https?:[^"'<\s]*/g)].map(([place]) => place)
    assert.deepEqual([...new Set(places)], [content.link?.href])
  })

  for (const [what, hostile] of [
    ['markup', '<img src=x onerror=alert(1)>'],
    ['the end of an attribute', '" onmouseover="alert(1)'],
    ['the end of a style', `';}</style><script>alert(1)</script>`],
    ['an entity', '&lt;script&gt;'],
  ] as const) {
    test(`shows ${what} as the text it is, wherever it stands`, () => {
      const { html, text } = composeMail({
        ...content,
        subject: hostile,
        title: hostile,
        paragraphs: [hostile],
        link: { label: hostile, href: `https://harbour.example/?q=${hostile}` },
        footer: hostile,
      })
      assert.ok(text.includes(hostile))
      assert.equal(html.includes(hostile), false)
      assert.doesNotMatch(html, /<script|<img|<[^>]*\bon[a-z]+="/i)
    })
  }

  for (const [what, hostile] of [
    ['a line end', 'Hello\r\nBcc: eve@elsewhere.example'],
    ['a bare line feed', 'Hello\nBcc: eve@elsewhere.example'],
    ['a bare carriage return', 'Hello\rBcc: eve@elsewhere.example'],
    ['another line end of Unicode', 'Hello\u2028Bcc: eve@elsewhere.example'],
    ['a null character', 'Hello\0Bcc: eve@elsewhere.example'],
  ] as const) {
    test(`has one line as its subject, also with ${what} in it`, () => {
      assert.equal(composeMail({ ...content, subject: hostile }).subject, 'Hello Bcc: eve@elsewhere.example')
    })
  }

  test('does not turn the direction of reading', () => {
    assert.equal(composeMail({ ...content, title: 'a\u202Ebcd\u202C' }).text.startsWith('abcd\n'), true)
  })

  for (const href of ['javascript:alert(1)', '/reset', 'data:text/html,x', 'https://ada@harbour.example/', ''])
    test(`refuses a link to ${href === '' ? 'nowhere' : href}`, () => {
      assert.throws(() => composeMail({ ...content, link: { label: 'Go', href } }), TypeError)
    })
})

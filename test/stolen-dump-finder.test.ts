import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { candidatesOf, type RealSecret, type StoredValue, secretsIn } from './stolen-dump.fixture.ts'

const raw = randomBytes(32)
const token = raw.toString('base64url')
const session: RealSecret = { kind: 'a session', text: token }
const recovery: RealSecret = { kind: 'a recovery code', text: '7K2M-0QXA-91ZR-PW3T', bytes: Buffer.from('0123456789') }
const mail = JSON.stringify({ to: 'ada@example.test', text: `Open https://localhost/reset/${token}\nwithin the hour` })

suite('a secret is found in a copy of the database', () => {
  for (const [how, value, secret] of [
    ['as text', token, session],
    ['as text within text', `/reset/${token}?next=%2F`, session],
    ['as text in bytes', Buffer.from(token), session],
    ['as its own bytes', raw, session],
    ['as its own bytes among others', Buffer.concat([randomBytes(5), raw, randomBytes(16)]), session],
    ['as hex', raw.toString('hex'), session],
    ['as hex in large letters, behind another digit', `f${raw.toString('hex').toUpperCase()}`, session],
    ['as the hex of its text', Buffer.from(token).toString('hex'), session],
    ['as base64', raw.toString('base64'), session],
    ['as base64 of its text', Buffer.from(token).toString('base64'), session],
    ['in small letters', token.toLowerCase(), session],
    ['within JSON', JSON.stringify({ of: [{ token }] }), session],
    ['as a name within JSON', JSON.stringify({ [token]: 1 }), session],
    [
      'escaped within JSON',
      `{"a":"${token.slice(0, 9)}\\u00${token.charCodeAt(9).toString(16)}${token.slice(10)}"}`,
      session,
    ],
    ['in a mail', mail, session],
    ['in a mail as base64 within JSON', JSON.stringify({ sealed: Buffer.from(mail).toString('base64') }), session],
    ['in a mail as the hex of its base64', Buffer.from(Buffer.from(mail).toString('base64')).toString('hex'), session],
    ['in a list of bytes, as the database writes it', `{"\\\\x${raw.toString('hex')}"}`, session],
    ['as it is printed', recovery.text, recovery],
    ['without its hyphens', recovery.text.replaceAll('-', ''), recovery],
    ['as what it spells', recovery.bytes ?? '', recovery],
  ] as const)
    test(how, () =>
      assert.deepEqual(secretsIn([{ place: 'a.b.c', value }], [session, recovery]), [`${secret.kind} in a.b.c`]),
    )
})

suite('nothing is found', () => {
  for (const [what, value] of [
    ['in its hash', createHash('sha256').update(token).digest()],
    ['in the hash as text', createHash('sha256').update(token).digest('hex')],
    ['in another one', randomBytes(32)],
    ['in half of it', token.slice(0, 21)],
    ['in nothing', ''],
    ['in text', 'The quick brown fox jumps over the lazy dog.'],
    ['in a broken JSON object', '{"a":'],
  ] as const)
    test(what, () => assert.deepEqual(secretsIn([{ place: 'a.b.c', value }], [session, recovery]), []))
})

suite('a thief tries', () => {
  const tried = (value: StoredValue['value']): readonly string[] =>
    candidatesOf([{ place: 'a.b.c', value }]).map(({ text }) => text)
  const hash = createHash('sha256').update(token).digest()
  for (const [what, value, expected] of [
    ['bytes as base64url', hash, hash.toString('base64url')],
    ['bytes as base64', hash, hash.toString('base64')],
    ['bytes as hex', hash, hash.toString('hex')],
    ['bytes as the database writes them', hash, `\\x${hash.toString('hex')}`],
    ['bytes as text', Buffer.from(token), token],
    ['bytes as hashed once more', hash, createHash('sha256').update(hash).digest('base64url')],
    ['bytes as the hash of their hex', hash, createHash('sha256').update(hash.toString('hex')).digest('base64url')],
    ['text as it is', token, token],
    ['text as its hash', token, hash.toString('base64url')],
    ['text as what it is the hex of', raw.toString('hex'), token],
    ['text as what it is the base64 of', raw.toString('base64'), token],
    ['text within JSON', JSON.stringify({ deep: [{ token }] }), token],
  ] as const)
    test(what, () => assert.ok(tried(value).includes(expected)))

  test('nothing that is too short to be a secret', () => assert.deepEqual(tried('member'), []))
})

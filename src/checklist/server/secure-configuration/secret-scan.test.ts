import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scanForSecrets } from './secret-scan.ts'

// Put together when the test runs: as text they would be found in this very file.
const letters = (count: number): string =>
  [...randomBytes(count)].map((byte) => 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'[byte % 56]).join('')
const upper = (count: number): string =>
  letters(count * 2)
    .toUpperCase()
    .slice(0, count)
const drawn = (): string => `${letters(3)}7${letters(3)}x${letters(4)}Q2${letters(4)}9${letters(4)}`
const key = (type: 'ed25519' | 'rsa'): string =>
  (type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()

suite('the secret scan', () => {
  for (const [rule, text] of [
    ['private key', key('ed25519')],
    ['private key', key('rsa')],
    ['private key', `const key = ${JSON.stringify(key('ed25519'))}`],
    ['AWS access key', `id = ${'AKIA'}${upper(16)}`],
    ['AWS secret key', `${'aws'}_secret_access_key = ${letters(38)}7a`],
    ['GitHub token', `${'ghp'}_${letters(36)}`],
    ['GitLab token', `${'glpat'}-${letters(20)}`],
    ['Slack token', `${'xoxb'}-${letters(30)}`],
    ['Slack hook', `https://hooks.slack.com/${'services'}/T${upper(8)}/B${upper(8)}/${letters(24)}`],
    ['Stripe key', `${'sk'}_live_${letters(24)}`],
    ['npm token', `//registry/:${'_authToken'}=${'npm'}_${letters(36)}`],
    [
      'JSON web token',
      ['{"alg":"HS256"}', `{"sub":"${letters(8)}"}`].map((part) => Buffer.from(part).toString('base64url')).join('.') +
        `.${letters(43)}`,
    ],
    ['database URL with a password', `DATABASE=${'postgres'}://app:${letters(6)}@db.internal/app`],
    ['assigned secret', `${'password'} = "${drawn()}"`],
    ['assigned secret', `"${'apiKey'}": "${drawn()}"`],
    ['secret in an environment file', `A=1\n${'DB_PASSWORD'}=${drawn()}\nB=2`],
  ] as const) {
    test(`finds: ${rule}`, () => {
      const findings = scanForSecrets(`first line\n${text}`)
      assert.ok(
        findings.some((finding) => finding.rule === rule),
        rule,
      )
      assert.ok(findings.every(({ line }) => line >= 2))
    })
  }

  for (const [what, text] of [
    ['a reserved host', 'postgresql://notes:whatever@db.example/notes'],
    ['a template', ['postgresql://notes:$', '{password}@db.internal/notes'].join('')],
    ['a placeholder', "password = '<your-password-goes-here-please>'"],
    ['words', "password: 'correct-horse-battery-staple'"],
    ['a name', "const token = 'authentication/session-management'"],
    ['a header without a key', '-----BEGIN PRIVATE KEY-----'],
    ['the documentation’s key', `${'AKIA'}IOSFODNN7EXAMPLE`],
    ['an integrity hash', `"integrity": "sha512-${randomBytes(64).toString('base64')}"`],
  ] as const) {
    test(`leaves alone: ${what}`, () => assert.deepEqual(scanForSecrets(text), []))
  }

  test('is quick on what no pattern fits', () => {
    const started = performance.now()
    scanForSecrets('password="'.repeat(20_000))
    scanForSecrets(`${'a'.repeat(500_000)}`)
    scanForSecrets('eyJ'.repeat(50_000))
    assert.ok(performance.now() - started < 3_000)
  })

  test('finds nothing in this tree', () => {
    const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..')
    const files = execFileSync('git', ['-c', `safe.directory=${root}`, 'ls-files', '-z'], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const file of files.split('\0').filter((name) => /\.(ts|mjs|json|sql|md|css)$/.test(name))) {
      let text: string
      try {
        text = readFileSync(join(root, file), 'utf8')
      } catch {
        continue // Removed from the working copy, not yet from the index.
      }
      assert.deepEqual(scanForSecrets(text), [], file)
    }
  })
})

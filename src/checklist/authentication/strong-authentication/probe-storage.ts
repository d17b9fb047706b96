import { argon2Sync } from 'node:crypto'
import { type Claim, Unproved } from '../../../kernel/claim.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import { days } from '../../../kernel/time.ts'
import type { ProbeContext } from '../../../kernel/vantage.ts'
import { answerOf, newPerson, signIn } from './probe-people.ts'
import { askAll, routesThatCouldTell } from './probe-telling.ts'

const base = { level: 'required', needs: ['network', 'database'], effect: 'writes', keeps: days(30) } as const

/** How passwords lie in the table. */
export const storageClaims: readonly Claim[] = [
  {
    ...base,
    id: 'at-rest',
    says: 'Passwords are stored as argon2id of at least 19 MiB and two passes, each with a salt of its own.',
    byHand: "psql -c 'select hash from holdfast.password'",
    async prove(context) {
      const one = await newPerson(context)
      const other = await newPerson(context, { password: one.password })
      context.expect('positive', 'signing in with the stored password', answerOf(await signIn(context, one)), '200')
      const [first, second] = [await storedHash(context, one.accountId), await storedHash(context, other.accountId)]
      for (const hash of [first, second]) {
        context.record({
          side: 'negative',
          tried: 'reading the parameters of a new hash',
          saw: `${hash.algorithm} m=${hash.memoryKiB} t=${hash.passes} p=${hash.parallelism}, salt ${hash.salt.length} B, tag ${hash.tag.length} B`,
          expected: 'argon2id m≥19456 t≥2 p=1, salt ≥16 B, tag ≥32 B',
          ok: isStrong(hash),
        })
      }
      const distinct = !first.salt.equals(second.salt) && !first.tag.equals(second.tag)
      context.expect('negative', 'comparing the hashes of two equal passwords', distinct ? 'differ' : 'equal', 'differ')
      const { rows } = await context.database.admin.query('select hash from holdfast.password limit 10000')
      const weak = rows.filter(({ hash }) => !isStrong(parse(hash))).length
      context.expect('negative', `reading all ${rows.length} hashes of the table: weaker ones`, weak, 0)
    },
  },
  {
    ...base,
    id: 'pepper',
    says: 'A stolen table can not be guessed against: the hash needs a key that is not in the database.',
    byHand: 'node -e "…argon2Sync over a known password with the stored salt: the tag differs"',
    async prove(context) {
      const person = await newPerson(context)
      context.expect('positive', 'signing in with the password', answerOf(await signIn(context, person)), '200')
      const stored = await storedHash(context, person.accountId)
      const guessed = argon2Sync('argon2id', {
        message: person.password.normalize('NFC'),
        nonce: stored.salt,
        parallelism: stored.parallelism,
        tagLength: stored.tag.length,
        memory: stored.memoryKiB,
        passes: stored.passes,
      })
      const saw = guessed.equals(stored.tag) ? 'the stored hash' : 'another hash'
      context.expect(
        'negative',
        'argon2id over the right password with the stored salt and parameters',
        saw,
        'another hash',
      )
    },
  },
  {
    ...base,
    id: 'nobody-else',
    says: 'Nobody reads a password’s hash or sets somebody else’s password: no role of the database but the sign-in’s, no route.',
    byHand: "psql -U NOTES_auditor -c 'select * from holdfast.password'",
    async prove(context) {
      const accounts = await context.database.as('accounts', (role) =>
        role.query('select count(*)::int as n from holdfast.password'),
      )
      context.expect(
        'positive',
        'counting passwords as the role that signs people in',
        accounts.rows[0]?.n === 0 ? 'none' : 'some',
        'some',
      )
      for (const role of ['runtime', 'readonly', 'auditor'] as const) {
        const saw = await context.database
          .as(role, (connection) => connection.query('select hash from holdfast.password limit 1'))
          .then(({ rowCount }) => `${rowCount} rows`, sqlState)
        context.expect('negative', `reading hashes as the role ${role}`, saw, INSUFFICIENT_PRIVILEGE)
      }

      const [admin, victim] = [context.identity('admin'), await newPerson(context)]
      for (const [method, path] of ADMINISTRATIVE_TRIES) {
        const reply = await context.network.request({
          method,
          path: path.replace('ID', victim.accountId),
          as: admin,
          body: { password: 'set by the administrator', current: 'set by the administrator' },
        })
        context.record({
          side: 'negative',
          tried: `${method} ${path} as an administrator`,
          saw: answerOf(reply),
          expected: 'a refusal',
          ok: reply.status >= 400 && reply.status < 500,
        })
      }
      context.expect(
        'positive',
        'signing in with the untouched password',
        answerOf(await signIn(context, victim)),
        '200',
      )

      const setting = context.surface.routes.filter(
        ({ access, schema }) => access.kind === 'permission' && names(schema.body).some((name) => /passw/i.test(name)),
      )
      const list = (routes: readonly SurfaceRoute[]): string =>
        routes.map(({ method, path }) => `${method} ${path}`).join(', ') || 'none'
      context.expect(
        'negative',
        'routes that take a password by permission rather than from its owner',
        list(setting),
        'none',
      )
      context.expect(
        'negative',
        'routes whose answer has a place for a password or a hash',
        list(routesThatCouldTell(context.surface.routes)),
        'none',
      )
      const { rows } = await context.database.admin.query('select hash from holdfast.password where account_id = $1', [
        victim.accountId,
      ])
      const asked = await askAll(context, victim, String(rows[0]?.hash))
      context.record({
        side: 'negative',
        tried: `looking for the password and its hash in ${asked.served} answers to its owner and an administrator`,
        saw: asked.telling.join(', ') || 'in none',
        expected: 'in none',
        ok: asked.telling.length === 0,
      })
      context.expect(
        'positive',
        'looking for the owner’s address in them',
        asked.aboutOwner ? 'found' : 'not found',
        'found',
      )
    },
  },
]

interface Stored {
  readonly algorithm: string
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly tag: Buffer
}

async function storedHash(context: ProbeContext, accountId: string): Promise<Stored> {
  const { rows } = await context.database.admin.query('select hash from holdfast.password where account_id = $1', [
    accountId,
  ])
  const stored = parse(rows[0]?.hash)
  if (stored === null) throw new Unproved('the stored hash is in no known format')
  return stored
}

/** Reads a PHC string; knows nothing of how it was written. */
function parse(hash: unknown): Stored | null {
  const parts =
    typeof hash === 'string' ? /^\$(\w+)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash) : null
  if (parts === null) return null
  const [, algorithm = '', memoryKiB, passes, parallelism, salt = '', tag = ''] = parts
  return {
    algorithm,
    memoryKiB: Number(memoryKiB),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

const isStrong = (hash: Stored | null): boolean =>
  hash !== null &&
  hash.algorithm === 'argon2id' &&
  hash.memoryKiB >= 19_456 &&
  hash.passes >= 2 &&
  hash.parallelism === 1 &&
  hash.salt.length >= 16 &&
  hash.tag.length >= 32

/** All property names in a JSON Schema, at any depth. */
function names(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties' && typeof value === 'object' && value !== null
      ? [...Object.keys(value), ...names(Object.values(value))]
      : names(value),
  )
}

const sqlState = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'an error without a code'
/** SQLSTATE insufficient_privilege. */
const INSUFFICIENT_PRIVILEGE = '42501'

const ADMINISTRATIVE_TRIES = [
  ['PUT', '/admin/users/ID/password'],
  ['POST', '/admin/users/ID/password'],
  ['POST', '/admin/users/ID/reset-password'],
  ['GET', '/admin/users/ID/password'],
  ['PATCH', '/admin/users/ID'],
  ['PUT', '/users/ID/password'],
  ['POST', '/accounts/ID/password'],
  ['POST', '/auth/password/ID'],
] as const

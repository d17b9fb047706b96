import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import { DEFAULT_PARAMETERS } from '../../src/platform/hasher/hasher.ts'
import type { Start } from './contestant.ts'

/**
 * Sign-in as somebody writes it with what Node has built in: argon2id with our parameters on Node's own threads, one row read, one
 * written, a cookie. No limit of tries, no pepper, no queue, no events.
 */
export async function bareSignIn(server: FastifyInstance, pool: pg.Pool, start: Start): Promise<void> {
  await pool.query('create schema bare')
  await pool.query(
    'create table bare.account (email text primary key, id uuid not null, salt bytea not null, tag bytea not null)',
  )
  await pool.query(
    'create table bare.session (token text primary key, account_id uuid not null, created_at timestamptz not null)',
  )
  const salt = randomBytes(16)
  await pool.query('insert into bare.account select email, gen_random_uuid(), $2, $3 from unnest($1::text[]) email', [
    start.people,
    salt,
    await hash(start.password, salt),
  ])
  server.post<{ Body: { email: string; password: string } }>('/sign-in', async ({ body }, reply) => {
    const { rows } = await pool.query({
      name: 'account',
      text: 'select id, salt, tag from bare.account where email = $1',
      values: [body.email],
    })
    const [account] = rows
    if (account === undefined || !timingSafeEqual(account.tag, await hash(body.password, account.salt)))
      return reply.code(401).send({ error: 'wrong' })
    const token = randomBytes(32).toString('base64url')
    await pool.query({
      name: 'session',
      text: 'insert into bare.session (token, account_id, created_at) values ($1, $2, now())',
      values: [token, account.id],
    })
    reply.header('set-cookie', `session=${token}; Path=/; Secure; HttpOnly; SameSite=Lax`)
    return { id: account.id }
  })
}

/** argon2id with the parameters that ours has by default. */
const hash = (password: string, salt: Buffer): Promise<Buffer> =>
  derive('argon2id', {
    message: password,
    nonce: salt,
    parallelism: 1,
    tagLength: 32,
    memory: DEFAULT_PARAMETERS.memoryKiB,
    passes: DEFAULT_PARAMETERS.passes,
  })

const derive = promisify(argon2)

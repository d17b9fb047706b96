import { fastify } from 'fastify'
import pg from 'pg'
import { bareSignIn } from './bare-sign-in.ts'
import { contestant } from './contestant.ts'

/** Fastify and stock pg as people put them together, with no control at all: no schema, no session, no row security. */
contestant(async (start) => {
  const pool = new pg.Pool({
    host: start.host,
    port: start.port,
    database: start.database,
    user: start.users.admin.name,
    password: start.users.admin.password,
    max: 10,
  })
  const server = fastify({ https: start.certificate, logger: false })
  server.get('/public', async () => ({ hello: 'world' }))
  server.get('/private', async () => ({ hello: 'world' }))
  server.get<{ Params: { id: string } }>('/notes/:id', async ({ params }) => {
    const { rows } = await pool.query({
      name: 'read',
      text: 'select id, title, body from app.note where id = $1',
      values: [params.id],
    })
    return rows[0]
  })
  server.post<{ Body: { title: string; body: string } }>('/notes', async ({ body }, reply) => {
    const { rows } = await pool.query({
      name: 'write',
      text: 'insert into app.note (workspace, owner, title, body) values ($1, $2, $3, $4) returning id',
      values: [start.tenantId, start.accountId, body.title, body.body],
    })
    return reply.code(201).send(rows[0])
  })
  await bareSignIn(server, pool, start)
  await server.listen({ host: '127.0.0.1', port: start.listen })
  return []
})

/**
 * Better Auth as its documentation puts it together with Fastify and PostgreSQL: e-mail and password, the session checked by
 * `auth.api.getSession` in the route. All is as by its default (scrypt, no cookie cache, production) but its limiter of requests, which
 * lets three sign-ins in ten seconds pass and would refuse the load.
 */
import { randomBytes } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders } from 'better-auth/node'
import { fastify } from 'fastify'
import pg from 'pg'
import { contestant } from '../contestant.ts'

contestant(async (start) => {
  const connection = {
    host: start.host,
    port: start.port,
    database: start.database,
    user: start.users.admin.name,
    password: start.users.admin.password,
  }
  const administrator = new pg.Client(connection)
  await administrator.connect()
  await administrator.query(`create schema ${SCHEMA}`)
  const pool = new pg.Pool({ ...connection, options: `-c search_path=${SCHEMA}`, max: 10 })
  const origin = `https://localhost:${start.listen}`
  const auth = betterAuth({
    baseURL: origin,
    secret: randomBytes(32).toString('hex'),
    database: pool,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  })
  await (await getMigrations(auth.options)).runMigrations()
  const [first, ...others] = start.people
  await auth.api.signUpEmail({ body: { name: 'Bench', email: first ?? '', password: start.password } })
  // The others have what the first has: making a hash for each would take longer than measuring.
  await administrator.query(
    `insert into ${SCHEMA}."user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     select md5(given), name, given, "emailVerified", "createdAt", "updatedAt" from ${SCHEMA}."user", unnest($1::text[]) given`,
    [others],
  )
  await administrator.query(
    `insert into ${SCHEMA}.account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
     select md5('account of ' || given), md5(given), "providerId", md5(given), password, "createdAt", "updatedAt"
     from ${SCHEMA}.account, unnest($1::text[]) given`,
    [others],
  )
  await administrator.query('analyze')
  await administrator.end()

  const server = fastify({ https: start.certificate, logger: false })
  server.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    async handler(request, reply) {
      const headers = fromNodeHeaders(request.headers)
      const url = new URL(request.url, `https://${request.headers.host}`)
      const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) }
      const response = await auth.handler(new Request(url, { method: request.method, headers, ...body }))
      reply.status(response.status)
      for (const [name, value] of response.headers) reply.header(name, value)
      return reply.send(response.body === null ? null : await response.text())
    },
  })
  server.get('/private', async (request, reply) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
    if (session === null) return reply.code(401).send({ error: 'unauthorised' })
    return { hello: 'world' }
  })
  await server.listen({ host: '127.0.0.1', port: start.listen })
  return []
})

const SCHEMA = 'better_auth'

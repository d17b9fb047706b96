import { randomBytes, randomUUID } from 'node:crypto'
import type { Evidence } from '../../../kernel/claim.ts'
import { checkEffort } from '../../../kernel/effort.ts'
import { keepEvidence } from '../../../kernel/evidence.fixture.ts'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { Secret } from '../../../kernel/secret.ts'
import type { SurfaceRoute } from '../../../kernel/surface.ts'
import type { NetworkReply, NetworkRequest, ProbeContext, ReceivedMail, TwinIdentity } from '../../../kernel/vantage.ts'
import type { Fixture } from './people.fixture.ts'
import type { AccountsTransaction, StrongAuthentication } from './strong-authentication.ts'

/** The built-in routes that the claims use, over the control and without a socket: what a probe sees of a twin. */
export interface Stage {
  readonly context: ProbeContext
  readonly evidence: readonly Evidence[]
}

export async function stageTwin(fixture: Fixture, sabotage?: Sabotage<StrongAuthentication>): Promise<Stage> {
  let strong = fixture.create({ serviceName: 'harbour' })
  const statements: string[] = []
  sabotage?.plant({
    control: (wrap) => {
      strong = wrap(strong)
    },
    sql: (statement) => void statements.push(statement),
    setting: unused,
    server: unused,
    host: unused,
  })
  for (const statement of statements) await fixture.admin.query(statement)
  const admin = fixture.administrator
  const sessions = new Map<string, string>()
  const links = new Map<string, string>()
  const mails: ReceivedMail[] = []
  const { evidence, ...keeping } = keepEvidence()
  const request = async (wanted: NetworkRequest): Promise<NetworkReply> => {
    const id = randomUUID()
    try {
      return await answer(wanted, { strong, fixture, sessions, links, mails, admin, id })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { retryAfterSeconds } = error.options
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
      return reply(error.status, { code: error.code, detail: error.message, id }, headers)
    }
  }

  return {
    evidence,
    context: {
      effort: checkEffort(0),
      surface: { name: 'harbour', routes: [SESSION], roles: {}, permissions: [], tables: [] },
      identities: [admin],
      identity: () => admin,
      example: unused,
      network: {
        origin: 'https://localhost:1',
        request,
        raw: (bytes) => rawRequests(String(bytes), request),
        signIn: unused,
      },
      database: {
        admin: fixture.admin,
        as: async (role, work) => {
          const session = await fixture.as(role)
          return work(session).finally(() => session.close())
        },
        roleName: (role) => `t_${role}`,
        connection: { host: '', port: 0, database: '' },
      },
      host: { stateDirectory: '', files: unused, start: unused },
      repository: { root: '' },
      telemetry: {
        events: async () =>
          fixture.events.map((event) => ({
            id: '',
            name: event.name,
            result: event.result,
            requestId: event.requestId ?? null,
            accountId: event.accountId ?? null,
            fields: event.fields,
            count: 1,
          })),
        logs: () => [],
      },
      mail: { received: async (to) => mails.filter((mail) => mail.to === to) },
      clock: { now: () => Date.now(), advance: unused },
      faults: { database: unused, revocationChannel: unused, results: unused, mail: unused },
      ...keeping,
    },
  }
}

interface Place {
  readonly strong: StrongAuthentication
  readonly fixture: Fixture
  /** Token → account. */
  readonly sessions: Map<string, string>
  /** Token → address. */
  readonly links: Map<string, string>
  readonly mails: ReceivedMail[]
  readonly admin: TwinIdentity
  readonly id: string
}

async function answer({ method = 'GET', path, body, token, as }: NetworkRequest, place: Place): Promise<NetworkReply> {
  const { strong, fixture, sessions, links, mails, id: requestId } = place
  const input = (body ?? {}) as Record<string, string>
  const secret = (name: string): Secret => new Secret(input[name] ?? '')
  const transaction = <T>(work: (tx: AccountsTransaction) => Promise<T>): Promise<T> =>
    fixture.accounts.transaction(NOBODY, work)
  const origin = { requestId, address: '203.0.113.7' }
  const open = (accountId: string): string => {
    const made = randomBytes(32).toString('base64url')
    sessions.set(made, accountId)
    return made
  }
  switch (`${method} ${path}`) {
    case 'GET /health/live':
      return reply(200, {})
    case 'GET /auth/session': {
      const accountId = as === undefined ? sessions.get(token ?? '') : place.admin.accountId
      const { rows } = await fixture.admin.query('select email from holdfast.account where id = $1', [accountId])
      return reply(200, { email: String(rows[0]?.email) })
    }
    case 'POST /auth/sign-up': {
      const { email = '' } = input
      const made = randomBytes(32).toString('base64url')
      links.set(made, email)
      mails.push({ to: email, subject: '', text: `https://localhost:1/sign-up/${made}\n`, html: '' })
      return reply(202, { next: 'mail' })
    }
    case 'POST /auth/sign-up/complete': {
      const { token: link = '', name = '' } = input
      const email = links.get(link)
      if (email === undefined) throw new Refusal('link-invalid')
      const prepared = await strong.preparePassword(secret('password'), { email, name }, origin)
      const wanted = { id: randomUUID(), email, name, prepared, verified: true }
      const account = await transaction((tx) => strong.createAccount(tx, wanted))
      links.delete(link)
      return reply(201, { account }, {}, open(account.id))
    }
    case 'POST /auth/sign-in': {
      const account = await strong.signIn({ email: input.email ?? '', password: secret('password') }, origin)
      await transaction((tx) => strong.stillStands(tx, account))
      return reply(200, { account }, {}, open(account.id))
    }
    case 'POST /auth/password': {
      const accountId = as === undefined ? sessions.get(token ?? '') : place.admin.accountId
      if (accountId === undefined) throw new Refusal('authentication-required')
      await strong.confirm(accountId, secret('current'), origin)
      const { rows } = await fixture.admin.query('select email, name from holdfast.account where id = $1', [accountId])
      const owner = { email: String(rows[0]?.email), name: String(rows[0]?.name) }
      const prepared = await strong.preparePassword(secret('password'), owner, origin)
      await transaction((tx) => strong.storePassword(tx, accountId, prepared, origin))
      return reply(204, undefined, {}, open(accountId))
    }
    default:
      throw new Refusal('not-found')
  }
}

function reply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  setToken?: string,
): NetworkReply {
  const text = body === undefined ? '' : JSON.stringify(body)
  return { status, headers, body: Buffer.from(text), text: () => text, json: () => JSON.parse(text), setToken }
}

/** Pipelined requests, all at once, as a server reads them off one connection. */
async function rawRequests(text: string, request: (wanted: NetworkRequest) => Promise<NetworkReply>): Promise<Buffer> {
  const replies = await Promise.all(
    text.split(/(?=POST \/)/).map((one) => {
      const [head = '', body = ''] = one.split('\r\n\r\n')
      const [method = '', path = ''] = head.split(' ')
      return request({ method, path, body: JSON.parse(body) })
    }),
  )
  const lines = replies.map(({ status, headers, text }) => {
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return `HTTP/1.1 ${status} \r\n${fields.join('')}\r\n${text()}`
  })
  return Buffer.from(lines.join(''))
}

const SESSION: SurfaceRoute = {
  method: 'GET',
  path: '/auth/session',
  access: { kind: 'signed-in' },
  schema: { response: { 200: { type: 'object', properties: { email: { type: 'string' } } } } },
  accepts: 'nothing',
  builtIn: true,
}

const unused = (): never => {
  throw new Error('no claim of this item uses it')
}

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExampleContext, SurfaceRoute, SurfaceTable } from '../../kernel/surface.ts'
import { openSession, type Session } from '../../platform/database/open-session.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import { openKeyring } from '../../platform/keys/index.ts'
import { readOutbox } from '../../platform/mail/index.ts'
import { declaredSurface } from '../declared-surface.ts'
import { OPERATOR_KEYRING } from '../state-directory.ts'
import type { Development } from './command-process.ts'
import { newAccount, post, signUp, type Visitor } from './visitor.ts'

/** What a backend said it had done. What got no answer is not in it: nobody was told that it is there. */
export interface Acknowledged {
  /** By table, `app.note`: the ids of rows. */
  readonly rows: Map<string, string[]>
  /** Ids of accounts. */
  readonly people: string[]
  /** Addresses to which a mail was promised. */
  readonly mails: string[]
  /** Those of them that a mail came to. */
  readonly brought: Set<string>
}

/** A route that makes a row of a table, of which nothing else has to be there. */
export interface WritingRoute {
  readonly path: string
  /** `"app"."note"`, to be put into a statement. */
  readonly table: string
  readonly id: string
  body(): unknown
}

export const nothingYet = (): Acknowledged => ({ rows: new Map(), people: [], mails: [], brought: new Set() })

export const countOf = ({ rows, people, mails }: Acknowledged): number =>
  people.length + mails.length + [...rows.values()].reduce((sum, ids) => sum + ids.length, 0)

/** The routes of the application that answer 201 with the `id` of a new row, for an example that needs no other. */
export function writingRoutes(definition: BackendDefinition): readonly WritingRoute[] {
  const { routes, tables } = declaredSurface(definition)
  return routes.flatMap((route) => {
    const table = tables.find(({ name }) => name === route.object)
    const id = table?.columns.find(({ primary }) => primary)?.name
    const body = bodyOf(route)
    if (table === undefined || id === undefined || body === null) return []
    return [{ path: route.path, table: qualified(table), id, body }]
  })
}

/**
 * Writes until `ended` says so: rows, accounts, and requests for a mail, some of each at once. Whatever fails ends its writer,
 * since the process it talked to is gone.
 */
export async function writeUntil(
  backend: Development,
  visitor: Visitor,
  routes: readonly WritingRoute[],
  acknowledged: Acknowledged,
  ended: () => boolean,
): Promise<void> {
  const rows = async (): Promise<void> => {
    while (!ended()) {
      for (const { path, table, body } of routes) {
        const reply = await visitor.post(path, body())
        const { id } = reply.status === 201 ? ((await reply.json()) as { readonly id?: unknown }) : {}
        if (typeof id === 'string') acknowledged.rows.set(table, [...(acknowledged.rows.get(table) ?? []), id])
      }
    }
  }
  const people = async (): Promise<void> => {
    while (!ended()) {
      const newcomer = await signUp(backend.http)
      const session = (await (await newcomer.get('/auth/session')).json()) as { account: { id: string } }
      acknowledged.people.push(session.account.id)
    }
  }
  const mails = async (): Promise<void> => {
    // Few enough that none is dropped from the outbox before somebody looks.
    for (let left = MAILS_AT_ONCE; left > 0 && !ended(); left--) {
      const { email } = newAccount()
      const reply = await fetch(`${backend.http}/auth/sign-up`, post(backend.http, { email }))
      if (reply.status === 202) acknowledged.mails.push(email)
    }
  }
  const writers = routes.length === 0 ? [people(), mails()] : [rows(), rows(), rows(), people(), mails()]
  await Promise.all(writers.map((writer) => writer.catch(() => undefined)))
}

/** What of it is not there, a line for each kind; of the mails, see {@link lateMails}. */
export async function missing(
  backend: Pick<Development, 'state'>,
  acknowledged: Acknowledged,
  routes: readonly WritingRoute[],
): Promise<readonly string[]> {
  const database = await administrator(backend)
  const lines: string[] = []
  const look = async (what: string, sql: string, ids: readonly string[]): Promise<void> => {
    const there = (await database.query(sql, [ids])).rowCount
    if (there !== ids.length) lines.push(`${ids.length - there} of ${ids.length} ${what}`)
  }
  try {
    for (const [table, ids] of acknowledged.rows) {
      const id = routes.find((route) => route.table === table)?.id ?? 'id'
      await look(`rows of ${table}`, `select from ${table} where "${id}"::text = any($1)`, ids)
    }
    await look('accounts', 'select from holdfast.account where id = any($1)', acknowledged.people)
    const told = `select distinct account_id from holdfast.event_staging
      where name = 'user_created' and account_id = any($1)`
    await look('events of new accounts', told, acknowledged.people)
    return lines
  } finally {
    await database.close()
  }
}

/** Addresses that wait for a promised mail still. Also notes down those that have come: the outbox keeps the newest alone. */
export function lateMails({ state }: Pick<Development, 'state'>, { mails, brought }: Acknowledged): readonly string[] {
  for (const { to } of readOutbox(join(state, 'outbox'))) brought.add(to)
  return mails.filter((address) => !brought.has(address))
}

async function administrator({ state }: Pick<Development, 'state'>): Promise<Session> {
  const { database } = JSON.parse(await readFile(join(state, 'running.json'), 'utf8'))
  const password = openKeyring(join(state, OPERATOR_KEYRING)).password('dba')
  return openSession({ connection: { ...database, user: 'dba', password, tls: undefined }, application: 'torture' })
}

/** How to make a body, or `null` where the example asks for a row that is there. */
function bodyOf({ method, path, examples, accepts, access, schema }: SurfaceRoute): (() => unknown) | null {
  if (method !== 'POST' || path.includes(':') || accepts !== 'json' || access.kind !== 'permission') return null
  const made = schema.response['201']
  const tellsId = typeof made === 'object' && Object.hasOwn((made.properties ?? {}) as object, 'id')
  if (examples === undefined || !tellsId) return null
  const make = (): unknown => examples(WITHOUT_ROWS).body
  try {
    make()
    return make
  } catch {
    return null
  }
}

const WITHOUT_ROWS: ExampleContext = {
  seed: new Proxy(
    {},
    {
      get() {
        throw new Error('there is no row yet')
      },
    },
  ),
  caller: { accountId: '', tenantId: '', email: '', password: '' },
  other: { accountId: '', email: '' },
  unique: () => `u${randomBytes(9).toString('hex')}`,
}

const qualified = ({ schema, name }: SurfaceTable): string => `"${schema}"."${name}"`

const MAILS_AT_ONCE = 20

import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseRole, NetworkReply, ProbeContext } from '../../../kernel/vantage.ts'
import { trySignIn } from './probe-postgres.ts'

/** Default and common credentials, on every door that takes some. */
export const credentialClaims: readonly Claim[] = [
  {
    id: 'default-accounts',
    says: 'No default account exists: common names with common passwords do not sign in, by the page or by the API.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    byHand: `curl -k https://localhost:3443/auth/sign-in -H 'content-type: application/json' -d '{"email":"admin@example.com","password":"admin"}'`,
    prove: async (context) => {
      const member = context.identity('member')
      const byPage = context.surface.routes.some(({ path, accepts }) => path === PAGE && accepts === 'form')
      for (const door of byPage ? ([PAGE, API] as const) : ([API] as const)) {
        const good = await signIn(context, door, member.email, member.password)
        const saw = good.setToken ? 'signed in' : `status ${good.status}`
        context.expect('positive', `a member signs in at ${door}`, saw, 'signed in')
      }
      for (const email of [...ACCOUNTS, context.identity('owner').email, member.email]) {
        // The page first, and others by the API than by the page: after a few, guesses are counted and no longer compared.
        if (byPage) for (const password of MOST_COMMON) await trySigningIn(context, PAGE, email, password)
        for (const password of [...PASSWORDS, ...MOST_COMMON]) await trySigningIn(context, API, email, password)
      }
    },
  },
  {
    id: 'default-database-credentials',
    says: 'No role of the database takes a default, common or empty password.',
    level: 'required',
    needs: ['database'],
    effect: 'reads',
    keeps: days(7),
    byHand: 'PGPASSWORD=postgres psql -h SOCKET_DIRECTORY -U postgres notes   # refused; so is each role of \\du',
    prove: async (context) => {
      const name = await context.database.as('runtime', async (connection) => {
        const { rows } = await connection.query('select current_user::text as name')
        return String(rows[0]?.name)
      })
      context.expect(
        'positive',
        'the runtime role signs in with its own password',
        name,
        context.database.roleName('runtime'),
      )
      for (const user of await usersOf(context)) {
        for (const password of [...DATABASE_PASSWORDS, user, `${user}123`]) {
          const result = await trySignIn({ ...context.database.connection, user, password })
          const saw = result === 'in' ? 'let in' : 'refused'
          context.expect(
            'negative',
            `PostgreSQL as ${user} with ${password === '' ? 'an empty password' : password}`,
            saw,
            'refused',
          )
        }
      }
    },
  },
]

function signIn(context: ProbeContext, door: string, email: string, password: string): Promise<NetworkReply> {
  const asForm = { 'content-type': 'application/x-www-form-urlencoded', origin: context.network.origin }
  const sent =
    door === PAGE
      ? { body: new URLSearchParams({ email, password }).toString(), headers: asForm }
      : { body: { email, password } }
  return context.network.request({ method: 'POST', path: door, ...sent })
}

async function trySigningIn(context: ProbeContext, door: string, email: string, password: string): Promise<void> {
  const reply = await signIn(context, door, email, password)
  // 400 where the word is too short to be anybody's password, 429 where the guesses were counted: no session either way.
  const refused = [400, 401, 429].includes(reply.status) && !reply.setToken
  context.expect(
    'negative',
    `sign-in of ${email} with ${password} at ${door}`,
    refused ? 'refused' : `status ${reply.status}`,
    'refused',
  )
}

/** The roles we know, every other that can sign in, and names that installations ship with. */
async function usersOf(context: ProbeContext): Promise<readonly string[]> {
  const { rows } = await context.database.admin.query(
    'select rolname::text as name from pg_roles where rolcanlogin order by 1 limit 50',
  )
  const roles: readonly DatabaseRole[] = ['owner', 'runtime', 'accounts', 'jobs', 'readonly', 'backup', 'auditor']
  const known = roles.map((role) => context.database.roleName(role))
  return [...new Set([...known, 'postgres', 'dba', 'admin', ...rows.map((row) => String(row.name))])]
}

const ACCOUNTS = [
  'admin@example.com',
  'admin@localhost.localdomain',
  'root@example.com',
  'test@example.com',
  'owner@example.com',
]
const MOST_COMMON = ['admin', 'password']
const PASSWORDS = ['administrator', 'changeme', 'password1234567890']
const PAGE = '/sign-in'
const API = '/auth/sign-in'
const DATABASE_PASSWORDS = ['', 'postgres', 'password', 'admin', 'changeme', 'secret']

import type { Claim } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseRole, ProbeContext } from '../../../kernel/vantage.ts'
import { trySignIn } from './probe-postgres.ts'

/** Default and common credentials, on every door that takes some. */
export const credentialClaims: readonly Claim[] = [
  {
    id: 'default-accounts',
    says: 'No default account exists: common names with common passwords do not sign in.',
    level: 'required',
    needs: ['network'],
    effect: 'writes',
    keeps: days(7),
    byHand: `curl -k https://localhost:3443/auth/sign-in -H 'content-type: application/json' -d '{"email":"admin@example.com","password":"admin"}'`,
    prove: async (context) => {
      const member = context.identity('member')
      const { email, password } = member
      const good = await context.network.request({ method: 'POST', path: '/auth/sign-in', body: { email, password } })
      context.expect(
        'positive',
        'a member signs in',
        good.setToken ? 'signed in' : `status ${good.status}`,
        'signed in',
      )
      for (const email of [...ACCOUNTS, context.identity('owner').email, member.email]) {
        for (const password of PASSWORDS) await trySigningIn(context, email, password)
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

async function trySigningIn(context: ProbeContext, email: string, password: string): Promise<void> {
  const reply = await context.network.request({ method: 'POST', path: '/auth/sign-in', body: { email, password } })
  // 400 where the word is too short to be anybody's password, 429 where the guesses were counted: no session either way.
  const refused = [400, 401, 429].includes(reply.status) && !reply.setToken
  context.expect(
    'negative',
    `sign-in of ${email} with ${password}`,
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
const PASSWORDS = ['admin', 'password', 'administrator', 'changeme', 'password1234567890']
const DATABASE_PASSWORDS = ['', 'postgres', 'password', 'admin', 'changeme', 'secret']

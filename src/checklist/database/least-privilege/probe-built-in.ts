import { type Claim, Unproved } from '../../../kernel/claim.ts'
import { days } from '../../../kernel/time.ts'
import type { DatabaseRole, ProbeContext } from '../../../kernel/vantage.ts'

/** Accounts, sessions, roles, events: the tables every backend has, whatever it declares. */
export const builtInClaims: readonly Claim[] = [
  {
    id: 'built-in-tables',
    says: 'Each role may do to the tables of accounts, sessions, roles, events and jobs what its task needs, and to tables nobody named nothing.',
    level: 'required',
    needs: ['database'],
    effect: 'reads',
    keeps: days(1),
    byHand: 'psql -c "\\dp holdfast.*" -c "\\dp holdfast_jobs.*" -c "\\dp holdfast_migrations.*"',
    prove: inspectBuiltIn,
  },
]

export async function inspectBuiltIn({ database, expect }: ProbeContext): Promise<void> {
  const { rows: tables } = await database.admin.query(TABLES)
  if (tables.length === 0) throw new Unproved('there are no tables of its own')
  for (const { name, relation } of tables) {
    for (const role of ROLES) {
      const who = role === 'public' ? 'public' : database.roleName(role)
      const { rows } = await database.admin.query(PRIVILEGES, [who, relation])
      const needed = NEEDED[String(name)]?.[role]
      const tried = `what ${who} may do to ${name}`
      expect(needed === undefined ? 'negative' : 'positive', tried, String(rows[0]?.privileges), needed ?? 'nothing')
    }
  }
}

const ROLES = ['runtime', 'accounts', 'jobs', 'readonly', 'backup', 'auditor', 'public'] as const

/**
 * Restated from what each role is for: `accounts` signs people in and changes roles, and rewrites no one's id; `jobs` takes jobs
 * and says how they ended; the auditor reads all but hashes and tokens; whoever serves writes events and reads none.
 */
const NEEDED: Readonly<Record<string, Readonly<Partial<Record<DatabaseRole | 'public', string>>>>> = {
  'holdfast.tenant': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE', auditor: 'SELECT' },
  'holdfast.account': {
    accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE',
    jobs: 'SELECT of some columns',
    auditor: 'SELECT',
  },
  'holdfast.password': { accounts: 'SELECT, INSERT, UPDATE' },
  'holdfast.tenant_member': { accounts: 'SELECT, INSERT, DELETE', jobs: 'SELECT of some columns', auditor: 'SELECT' },
  'holdfast.account_role': { accounts: 'SELECT, INSERT, DELETE', auditor: 'SELECT' },
  'holdfast.role': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE', auditor: 'SELECT' },
  'holdfast.session': { accounts: 'SELECT, INSERT, UPDATE of some columns', auditor: 'SELECT of some columns' },
  'holdfast.one_time_link': { accounts: 'SELECT, INSERT, UPDATE of some columns' },
  'holdfast.totp': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.recovery_code': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.passkey': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.pending_sign_in': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.mail_link': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.openid_identity': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.attempt': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.known_device': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.spent': { accounts: 'SELECT, INSERT, DELETE' },
  'holdfast.factor_reset': { accounts: 'SELECT, INSERT, UPDATE of some columns, DELETE' },
  'holdfast.event_staging': {
    runtime: 'INSERT of some columns',
    accounts: 'INSERT of some columns',
    jobs: 'INSERT of some columns',
    auditor: 'SELECT',
  },
  // Who asks for work puts it in, and sees none of it.
  'holdfast_jobs.job': {
    runtime: 'INSERT of some columns',
    accounts: 'INSERT of some columns',
    jobs: 'SELECT, INSERT, UPDATE, DELETE',
  },
  'holdfast_jobs.job_common': { jobs: 'SELECT, INSERT, UPDATE, DELETE' },
  'holdfast_jobs.queue': {
    runtime: 'SELECT of some columns',
    accounts: 'SELECT of some columns',
    auditor: 'SELECT of some columns',
    jobs: 'SELECT, UPDATE',
  },
  'holdfast_jobs.version': { jobs: 'SELECT, UPDATE' },
  'holdfast_jobs.schedule': { jobs: 'SELECT' },
  'holdfast_jobs.subscription': { jobs: 'SELECT' },
  'holdfast_jobs.job_dependency': { jobs: 'SELECT, DELETE' },
  'holdfast_migrations.applied': { auditor: 'SELECT' },
  'holdfast_migrations.manifest': { auditor: 'SELECT' },
}

const TABLES = `
select n.nspname || '.' || c.relname as name, c.oid as relation
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('holdfast', 'holdfast_jobs', 'holdfast_migrations') and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1`

const byColumn = (privilege: string): string =>
  `case when has_table_privilege($1, $2::oid, '${privilege}') then '${privilege}'
    when has_any_column_privilege($1, $2::oid, '${privilege}') then '${privilege} of some columns' end`
const whole = (privilege: string): string =>
  `case when has_table_privilege($1, $2::oid, '${privilege}') then '${privilege}' end`

const PRIVILEGES = `select coalesce(nullif(concat_ws(', ', ${[
  ...['SELECT', 'INSERT', 'UPDATE'].map(byColumn),
  ...['DELETE', 'TRUNCATE', 'TRIGGER'].map(whole),
  byColumn('REFERENCES'),
].join(', ')}), ''), 'nothing') as privileges`

import type { Secret } from '../kernel/secret.ts'
import type { DatabaseRole } from '../kernel/vantage.ts'
import type { Keyrings } from '../platform/keys/index.ts'

/** The passwords of the backend's database roles, from the keyrings of the processes that hold them. */
export const passwordsOf = ({
  server,
  operator,
}: Pick<Keyrings, 'server' | 'operator'>): Readonly<Record<DatabaseRole, Secret>> => ({
  owner: operator.password('owner'),
  runtime: server.password('runtime'),
  accounts: server.password('accounts'),
  readonly: operator.password('readonly'),
  backup: operator.password('backup'),
  auditor: operator.password('auditor'),
})

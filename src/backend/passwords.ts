import type { Secret } from '../kernel/secret.ts'
import type { DatabaseRole } from '../kernel/vantage.ts'
import type { Keyrings } from '../platform/keys/index.ts'

/** The passwords of the backend's database roles, from the keyrings of the processes that hold them. */
export const passwordsOf = ({
  server,
  worker,
  operator,
}: Pick<Keyrings, 'server' | 'worker' | 'operator'>): Readonly<Record<DatabaseRole, Secret>> => ({
  owner: operator.password('owner'),
  runtime: server.password('runtime'),
  accounts: server.password('accounts'),
  jobs: worker.password('jobs'),
  readonly: operator.password('readonly'),
  backup: operator.password('backup'),
  auditor: operator.password('auditor'),
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Secret } from '../../kernel/secret.ts'
import type { DatabaseRole, TwinIdentity } from '../../kernel/vantage.ts'
import { writeDeclaredRoles } from '../../platform/database/declared-roles.ts'
import { migrate, prepareDatabase } from '../../platform/database/migrate.ts'
import { openSession, type Session } from '../../platform/database/open-session.ts'
import { roleName } from '../../platform/declaration/database-roles.ts'
import type { BackendDefinition } from '../../platform/declaration/definition.ts'
import { type RunningHasher, spawnHasher } from '../../platform/hasher/index.ts'
import { writeDeclaredQueues } from '../../platform/jobs/index.ts'
import { ensureKeyrings, type Keyrings } from '../../platform/keys/index.ts'
import { type ScratchCluster, scramVerifier, startScratchCluster } from '../../platform/postgres/index.ts'
import { type LocalCertificate, localCertificate } from '../../platform/tls/authority.ts'
import { passwordsOf } from '../passwords.ts'
import { createIdentities } from './identities.ts'

/** What all twins of a definition share: a scratch cluster with a prepared template, a hasher, a certificate. */
export interface TwinHost {
  readonly definition: BackendDefinition
  readonly cluster: ScratchCluster
  readonly hasher: RunningHasher
  readonly certificate: LocalCertificate
  readonly identities: readonly TwinIdentity[]
  readonly passwords: Readonly<Record<DatabaseRole, Secret>>
  readonly keyrings: Keyrings
  readonly directory: string
  /** Makes a database of the template and returns its name. */
  cloneDatabase(): Promise<string>
  dropDatabase(name: string): Promise<void>
  /** A connection as the cluster's administrator. */
  admin(database: string): Promise<Session>
  close(): Promise<void>
}

/** Starts the cluster and prepares the template: roles, migrations, people. Everything in it is new and its own. */
export async function openTwinHost(
  definition: BackendDefinition,
  options: { readonly identities: boolean },
): Promise<TwinHost> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-twins-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  const close = async (): Promise<void> => {
    for (const step of undo.reverse()) await step().catch(() => undefined)
  }
  try {
    const keyrings = ensureKeyrings(join(directory, 'keys'))
    const [cluster, hasher, certificate] = await Promise.all([
      startScratchCluster({ replicationRole: roleName(definition, 'backup') }).then((started) => {
        undo.push(() => started.stop())
        return started
      }),
      spawnHasher({ pepper: keyrings.hasher.all('pepper') }).then((started) => {
        undo.push(() => started.stop())
        return started
      }),
      localCertificate(join(directory, 'tls')),
    ])
    const passwords = passwordsOf(keyrings)
    const admin = (database: string): Promise<Session> =>
      openSession({
        connection: cluster.connection(database, cluster.admin.user, cluster.admin.password),
        application: 'twin administrator',
        connectTimeout: CONNECT_WITHIN_MS,
      })
    const root = await admin('postgres')
    undo.push(() => root.close())

    await root.query(`create database ${TEMPLATE}`)
    const template = await admin(TEMPLATE)
    await prepareDatabase({ admin: template, definition, passwords, verifier: scramVerifier })
    const owner = await openSession({
      connection: cluster.connection(TEMPLATE, roleName(definition, 'owner'), passwords.owner),
      application: 'twin migration',
      connectTimeout: CONNECT_WITHIN_MS,
    })
    await migrate({ owner, definition, development: true })
    await writeDeclaredRoles(owner, definition)
    await writeDeclaredQueues(owner, definition)
    await owner.close()
    const identities = options.identities ? await createIdentities(definition, template, hasher.hasher()) : []
    await template.query(
      `insert into holdfast.role (name, origin, grants, inherits)
       select 'seed-' || n, 'custom', '{}', '{}' from generate_series(1, $1::integer) as n`,
      [SEED_ROLES],
    )
    await template.close()

    let made = 0
    let turn: Promise<unknown> = Promise.resolve()
    return {
      definition,
      cluster,
      hasher,
      certificate,
      identities,
      passwords,
      keyrings,
      directory,
      admin,
      cloneDatabase() {
        made += 1
        const name = `twin_${made}`
        // One at a time: a template that is being copied can't be copied by another session.
        const clone = turn.then(() => root.query(`create database ${name} template ${TEMPLATE} strategy file_copy`))
        turn = clone.catch(() => undefined)
        return clone.then(() => name)
      },
      dropDatabase: (name) => root.query(`drop database if exists ${name} with (force)`).then(() => undefined),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** On a machine that several twins share, it takes as long as it takes. */
const CONNECT_WITHIN_MS = 30_000
const TEMPLATE = 'twin_template'
/** Roles without grants, `seed-1` and so on, for examples to be about. */
export const SEED_ROLES = 500

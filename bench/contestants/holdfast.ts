import { runBackend } from '../../src/backend/running-backend.ts'
import { resolveConfiguration } from '../../src/checklist/server/secure-configuration/index.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { systemClock } from '../../src/kernel/time.ts'
import { spawnHasher } from '../../src/platform/hasher/index.ts'
import { openKeyring } from '../../src/platform/keys/index.ts'
import { createLog } from '../../src/platform/log/log.ts'
import application from '../application.ts'
import { contestant } from './contestant.ts'

/** Ours, with everything on. */
contestant(async (start) => {
  const connection = (user: { readonly name: string; readonly password: string }) => ({
    host: start.host,
    port: start.port,
    database: start.database,
    user: user.name,
    password: new Secret(user.password),
  })
  const hasher = await spawnHasher({ pepper: [{ version: 1, key: new Secret(Buffer.from(start.pepper, 'base64')) }] })
  await runBackend({
    definition: application,
    configuration: resolveConfiguration({ environment: {}, mode: 'dev' }),
    clock: systemClock,
    hasher: hasher.hasher(),
    log: createLog({ name: 'server' }),
    data: openKeyring(start.data),
    runtime: connection(start.users.runtime),
    accounts: connection(start.users.accounts),
    announcements: connection(start.users.accounts),
    listeners: [{ certificate: start.certificate, host: '127.0.0.1', port: start.listen }],
    publicOrigins: [`https://localhost:${start.listen}`],
    hsts: true,
    onUnrecoverable: () => process.exit(70),
  })
  return hasher.child.pid === undefined ? [] : [hasher.child.pid]
})

import { createHash } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { SecureConfiguration } from './control.ts'
import { deploymentSabotages } from './sabotage-deployment.ts'
import { DROPPED, HELPER, KEEP_OUTPUT, LOST, preload, REPAIR_MODE, SERVES, SWALLOW } from './sabotage-entry-point.ts'

/** Mistakes people ship with settings, secrets and first accounts. */
export const sabotages: readonly Sabotage<SecureConfiguration>[] = [
  {
    name: 'entry-point-drops-refused-settings',
    fault:
      'The container’s entry point removes whatever the backend refused last time, and starts it with what is left.',
    leaves: 'present',
    caughtBy: ['refused-settings'],
    plant: (plan) =>
      plan.setting(
        'startEnvironment',
        preload(`for (const name of ${JSON.stringify(DROPPED)}) delete process.env[name]`),
      ),
  },
  {
    name: 'entry-point-passes-known-names',
    fault:
      'The entry point hands on only the names it knows, so that a typing error leaves the default in force unseen.',
    leaves: 'present',
    caughtBy: ['refused-settings'],
    plant: (plan) => plan.setting('startEnvironment', preload('delete process.env.HOLDFAST_ALOWED_ORIGINS')),
  },
  {
    name: 'settings-widened-after-validation',
    fault: 'Settings are checked, and then overwritten by what a file of the deployment says: every proxy is trusted.',
    leaves: 'present',
    caughtBy: ['weak-at-work'],
    plant: (plan) => plan.setting('trustedProxies', ['0.0.0.0/0', '::/0']),
  },
  {
    name: 'settings-lost-on-the-way',
    fault: 'Settings are read and checked by the process that starts, and the one that serves is not given them.',
    leaves: 'present',
    caughtBy: ['settings-in-effect'],
    plant: (plan) =>
      plan.setting(
        'startEnvironment',
        preload(`if (${SERVES}) for (const name of ${JSON.stringify(LOST)}) delete process.env[name]`),
      ),
  },
  {
    name: 'log-level-overruled',
    fault: 'The level of the log is raised where it is written, for a search that ended long ago.',
    leaves: 'present',
    caughtBy: ['settings-in-effect'],
    plant: (plan) =>
      plan.setting('startEnvironment', preload(`if (${SERVES}) process.env.HOLDFAST_LOG_LEVEL = 'info'`)),
  },
  {
    name: 'first-lines-swallowed',
    fault: 'The entry point passes on what it knows, and the lines about settings that open something are not of it.',
    leaves: 'present',
    caughtBy: ['opening-settings-named'],
    plant: (plan) => plan.setting('startEnvironment', preload(SWALLOW)),
  },
  {
    name: 'modes-repaired-at-start',
    fault: 'The entry point sets the mode of secret files right, so that nobody learns that they lay open.',
    leaves: 'present',
    caughtBy: ['secret-files'],
    plant: (plan) => plan.setting('startEnvironment', preload(REPAIR_MODE)),
  },
  {
    name: 'secret-as-an-argument',
    fault: 'The entry point hands the pepper to a helper as an argument, where everybody on the machine can read it.',
    leaves: 'present',
    caughtBy: ['secrets-unseen'],
    plant: (plan) => plan.setting('startEnvironment', preload(HELPER)),
  },
  {
    name: 'output-kept-in-a-file',
    fault: 'What is printed is kept in a file beside the log, and the enrolment link with it.',
    leaves: 'present',
    caughtBy: ['enrolment-link-unseen'],
    plant: (plan) => plan.setting('startEnvironment', preload(KEEP_OUTPUT)),
  },
  {
    name: 'environment-dumped-at-start',
    fault: 'A debugging line prints the whole environment when the process starts.',
    leaves: 'present',
    caughtBy: ['secrets-unseen'],
    plant: (plan) => plan.setting('startEnvironment', preload('console.log(JSON.stringify(process.env))')),
  },
  {
    name: 'keyring-readable',
    fault: 'A restored copy of the state directory came back with mode 0644.',
    leaves: 'present',
    caughtBy: ['file-modes'],
    plant: (plan) =>
      plan.host(async (stateDirectory) => {
        await mkdir(join(stateDirectory, 'keys'), { recursive: true, mode: 0o755 })
        await chmod(join(stateDirectory, 'keys'), 0o755)
        await writeFile(join(stateDirectory, 'keys', 'server.json.bak'), '{}', { mode: 0o644 })
      }),
  },
  {
    name: 'key-in-a-file-of-notes',
    fault: 'Somebody noted a cloud key in a file beside the logs.',
    leaves: 'present',
    caughtBy: ['secret-scan'],
    plant: (plan) =>
      plan.host((stateDirectory) =>
        // Put together here, so that the scan of the tree does not find it in this file.
        writeFile(join(stateDirectory, 'notes.txt'), `key: ${'AKIA'}${'Z3'.repeat(8)}\n`, { mode: 0o600 }),
      ),
  },
  {
    name: 'demonstration-account',
    fault: 'A demonstration account with a demonstration password was shipped.',
    leaves: 'absent',
    caughtBy: ['default-accounts'],
    plant: (plan) => plan.server((app) => addDemonstrationAccount(app as HookedServer, '/auth/sign-in')),
  },
  {
    name: 'demonstration-account-on-the-page',
    fault: 'The demonstration account was taken out of the API; the page still lets it in.',
    leaves: 'present',
    caughtBy: ['default-accounts'],
    plant: (plan) => plan.server((app) => addDemonstrationAccount(app as HookedServer, '/sign-in')),
  },
  {
    name: 'shipped-database-role',
    fault: 'The database image came with a role whose password is its name.',
    leaves: 'absent',
    caughtBy: ['default-database-credentials'],
    plant: (plan) =>
      plan.sql(
        `do $$ begin
           create role demo_admin login password 'demo_admin';
           execute format('grant connect on database %I to demo_admin', current_database());
         end $$`,
        `do $$ begin
           execute format('revoke connect on database %I from demo_admin', current_database());
           drop role demo_admin;
         end $$`,
      ),
  },
  {
    name: 'enrolment-link-reusable',
    fault: 'The link is looked up and found good, and nothing marks it as used.',
    leaves: 'present',
    caughtBy: ['enrolment-link'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        useEnrolment: async (tx, token, now) => {
          const found = await tx
            .selectFrom('holdfast.one_time_link')
            .select('expires_at')
            .where('token_hash', '=', createHash('sha256').update(token).digest())
            .where('expires_at', '>', new Date(now))
            .executeTakeFirst()
          if (found === undefined) throw new Refusal('link-invalid')
        },
      })),
  },
  {
    name: 'enrolment-expiry-ignored',
    fault: 'The time when a link ends is stored and never looked at.',
    leaves: 'present',
    caughtBy: ['enrolment-link'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        // Long before any link was opened, hence before any of them ended.
        lookAtEnrolment: (from, token) => control.lookAtEnrolment(from, token, 0),
        useEnrolment: (tx, token) => control.useEnrolment(tx, token, 0),
      })),
  },
  {
    name: 'enrolment-open-for-ever',
    fault: 'Every unused link makes an owner, whether there is one already or not.',
    leaves: 'present',
    caughtBy: ['enrolment-link'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        lookAtEnrolment: async () => undefined,
        useEnrolment: async (tx, token, now) => {
          const used = await tx
            .updateTable('holdfast.one_time_link')
            .set({ used_at: new Date(now) })
            .where('token_hash', '=', createHash('sha256').update(token).digest())
            .where('used_at', 'is', null)
            .where('expires_at', '>', new Date(now))
            .returning('purpose')
            .execute()
          if (used.length === 0) throw new Refusal('link-invalid')
        },
      })),
  },
  ...deploymentSabotages,
]

/** As much of the server as this fault needs to know. */
interface HookedServer {
  addHook(
    name: 'preHandler',
    hook: (
      request: { readonly url: string; readonly body: unknown },
      reply: { code(status: number): { header(name: string, value: string): { send(body: unknown): unknown } } },
    ) => Promise<unknown>,
  ): unknown
}

function addDemonstrationAccount(app: HookedServer, door: string): void {
  app.addHook('preHandler', async (request, reply) => {
    const { email } = (request.body ?? {}) as { readonly email?: unknown }
    if (request.url !== door || email !== 'admin@example.com') return undefined
    const account = { id: '00000000-0000-4000-8000-000000000000', email, name: 'Demonstration' }
    return reply
      .code(200)
      .header('set-cookie', `__Host-session=${'d'.repeat(43)}; Path=/; Secure; HttpOnly; SameSite=Lax`)
      .send({ account })
  })
}

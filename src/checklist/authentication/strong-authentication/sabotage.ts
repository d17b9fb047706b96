import { argon2Sync, randomBytes } from 'node:crypto'
import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { Secret } from '../../../kernel/secret.ts'
import { createStrongAuthentication } from './control.ts'
import { normaliseEmail } from './email.ts'
import { createRules, type Rules } from './rules.ts'
import { breachSabotages } from './sabotage-breaches.ts'
import { mailSabotages } from './sabotage-mail.ts'
import { openIdSabotages } from './sabotage-openid.ts'
import { passkeySabotages } from './sabotage-passkeys.ts'
import type { Parts, StrongAuthentication } from './strong-authentication.ts'

/** Mistakes people ship with passwords and passkeys. */
export const sabotages: readonly Sabotage<StrongAuthentication>[] = [
  {
    name: 'eight-characters-alone',
    fault: 'Eight characters are asked for, as older guidance had it, though no second factor is enforced.',
    leaves: 'present',
    caughtBy: ['length'],
    plant: (plan) => plan.control(made(() => ({ minimum: { alone: 8, withSecondFactor: 8 } }))),
  },
  {
    name: 'short-password-left',
    fault: 'A password of eight characters, chosen beside a second factor, goes on when the last factor goes.',
    leaves: 'present',
    caughtBy: ['beside-factor'],
    plant: (plan) => plan.control((control) => ({ ...control, standsAlone: async () => true })),
  },
  {
    name: 'factor-not-considered',
    fault: 'Fifteen characters are asked for beside a second factor as well, so that people write them down.',
    leaves: 'present',
    caughtBy: ['beside-factor'],
    plant: (plan) => plan.control(made(() => ({ minimum: { alone: 15, withSecondFactor: 15 } }))),
  },
  {
    name: 'composition-rules',
    fault: 'A digit, a capital and a sign are asked for, so that long sentences are refused.',
    leaves: 'present',
    // Where sign-up asks for more than the specification, nobody's probe can sign up.
    alsoBreaks: ['authentication/session-management', 'authentication/access-control', 'server/secure-configuration'],
    caughtBy: ['any-text'],
    plant: (plan) =>
      plan.control(
        withRules((rules) => ({
          ...rules,
          length: (candidate) =>
            rules.length(candidate) ??
            (/\d/.test(candidate.password) &&
            /[A-Z]/.test(candidate.password) &&
            /[^A-Za-z0-9]/.test(candidate.password)
              ? null
              : { code: 'too-short', message: 'Use a digit, a capital letter and a special character' }),
        })),
      ),
  },
  {
    name: 'cut-at-72-bytes',
    fault: 'The password is cut at 72 bytes before it is hashed, as bcrypt does.',
    leaves: 'present',
    caughtBy: ['any-text'],
    plant: (plan) =>
      plan.control(
        made(({ hasher }) => ({
          hasher: {
            ...hasher,
            hash: (password, ...rest) => hasher.hash(cut(password), ...rest),
            // What was stored before the fault is still verified whole.
            verify: async (password, ...rest) => {
              const whole = await hasher.verify(password, ...rest)
              return whole.ok ? whole : hasher.verify(cut(password), ...rest)
            },
          },
        })),
      ),
  },
  {
    name: 'filter-not-asked',
    fault: 'The filter of common passwords is shipped and read, and the result of the lookup is not used.',
    leaves: 'present',
    caughtBy: ['common'],
    plant: (plan) => plan.control(withRules((rules) => ({ ...rules, common: createRules(() => false).common }))),
  },
  {
    name: 'context-compared-exactly',
    fault: 'The password is compared with name and address as they are written, so that case or a hyphen passes.',
    leaves: 'present',
    caughtBy: ['contextual'],
    plant: (plan) =>
      plan.control(
        withRules((rules) => ({
          ...rules,
          context: (candidate) =>
            [candidate.name, candidate.email, candidate.serviceName].includes(candidate.password)
              ? rules.context(candidate)
              : null,
        })),
      ),
  },
  {
    name: 'length-is-all',
    fault: 'Anything long enough passes: repetitions and keyboard walks are not looked for.',
    leaves: 'absent',
    caughtBy: ['pattern'],
    plant: (plan) => plan.control(withRules((rules) => ({ ...rules, pattern: () => null }))),
  },
  {
    name: 'cheap-hashes',
    fault: 'Hashing was made cheap for a load test, 1 MiB and one pass, and stayed so.',
    leaves: 'present',
    caughtBy: ['at-rest'],
    plant: (plan) => plan.control(made(() => ({ parameters: { memoryKiB: 1_024, passes: 1 } }))),
  },
  {
    name: 'pepper-left-out',
    fault: 'The pepper has a version and a key, and the hash is made of the password alone.',
    leaves: 'present',
    caughtBy: ['pepper'],
    plant: (plan) =>
      plan.control(
        made(({ hasher }) => ({
          hasher: {
            ...hasher,
            async hash(password, ...rest) {
              const { pepperVersion } = await hasher.hash(password, ...rest)
              return { phc: unpeppered(password), pepperVersion }
            },
            async verify(password, phc, ...rest) {
              const salt = Buffer.from(phc.split('$')[4] ?? '', 'base64')
              return unpeppered(password, salt) === phc
                ? { ok: true, stale: null }
                : hasher.verify(password, phc, ...rest)
            },
          },
        })),
      ),
  },
  {
    name: 'hashes-readable',
    fault: 'For a report, everybody who may read the roles was given the passwords table as well.',
    leaves: 'present',
    caughtBy: ['nobody-else'],
    alsoBreaks: ['database/least-privilege'],
    plant: (plan) =>
      plan.sql(`do $$ declare reader text; begin
        for reader in select distinct grantee from information_schema.role_table_grants
          where table_schema = 'holdfast' and table_name = 'role' and privilege_type = 'SELECT'
        loop execute format('grant select on holdfast.password to %I', reader); end loop; end $$`),
  },
  {
    name: 'unknown-account-told',
    fault: 'Sign-in says that there is no such account, to be helpful.',
    leaves: 'present',
    caughtBy: ['same-answer'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async signIn(credentials, origin) {
          if ((await accountOf(control.parts, credentials.email)) === undefined) {
            const unknown = { reason: 'unknown-account' } as const
            control.parts.events.report({ name: 'authn_login_fail', result: 'failure', fields: unknown, ...origin })
            throw new Refusal('credentials-wrong', 'There is no account with this address')
          }
          return control.signIn(credentials, origin)
        },
      })),
  },
  {
    name: 'disabled-sign-in',
    fault: 'Sign-in compares the password and forgets to look whether the account is disabled.',
    leaves: 'absent',
    caughtBy: ['disabled'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async signIn(credentials, origin) {
          const account = await accountOf(control.parts, credentials.email)
          if (account === undefined || account.disabled_at === null) return control.signIn(credentials, origin)
          const { ok } = await control.parts.hasher.verify(credentials.password, account.hash, account.pepper_version)
          if (!ok) throw new Refusal('credentials-wrong')
          return { id: account.id, email: account.email, name: account.name }
        },
        stillStands: async () => {},
      })),
  },
  {
    name: 'current-password-not-compared',
    fault: 'The form asks for the current password, and the server does not compare it.',
    leaves: 'present',
    caughtBy: ['change'],
    // Step-up asks the same question, and a guess at it that is never wrong is never counted.
    alsoBreaks: [
      'authentication/access-control',
      'authentication/session-management',
      'authentication/enumeration-and-brute-force',
    ],
    plant: (plan) => plan.control((control) => ({ ...control, confirm: async () => {} })),
  },
  {
    name: 'default-administrator',
    fault: 'The migration leaves an administrator behind for the first sign-in.',
    leaves: 'present',
    caughtBy: ['no-defaults'],
    plant: (plan) =>
      plan.sql(`insert into holdfast.account (id, email, name, created_at)
        values ('0190a000-0000-7000-8000-000000000001', 'admin@localhost', 'Administrator', '2024-01-01')`),
  },
  {
    name: 'overload-tried-again',
    fault: 'A refusal by the full queue is tried again until it works, so that a flood waits in memory without bound.',
    leaves: 'present',
    caughtBy: ['flood'],
    plant: (plan) =>
      plan.control(
        made(({ hasher }) => ({
          hasher: {
            expectRoom: () => {},
            hash: (...wanted) => persistently(() => hasher.hash(...wanted)),
            verify: (...wanted) => persistently(() => hasher.verify(...wanted)),
          },
        })),
      ),
  },
  {
    name: 'first-come-first-served',
    fault: 'Everybody waits for the hasher in one queue, where it is full for all once somebody has filled it.',
    leaves: 'present',
    caughtBy: ['flood-elsewhere'],
    plant: (plan) =>
      plan.control(
        made(({ hasher }) => ({
          hasher: {
            expectRoom: () => hasher.expectRoom(),
            hash: (password, parameters) => hasher.hash(password, parameters),
            verify: (password, phc, version) => hasher.verify(password, phc, version),
          },
        })),
      ),
  },
  ...breachSabotages,
  {
    name: 'memory-before-its-turn',
    fault: 'Each sign-in takes memory for its hash as it arrives, and then waits for its turn.',
    leaves: 'present',
    caughtBy: ['flood'],
    plant: (plan) =>
      plan.control(
        made(({ hasher }) => ({
          hasher: {
            ...hasher,
            async verify(...wanted) {
              // A fifth of what a hash takes, so that the fault is not the end of who plants it.
              const taken = Buffer.alloc(4 * 2 ** 20, 1)
              return hasher.verify(...wanted).finally(() => taken.fill(0))
            },
          },
        })),
      ),
  },
  ...passkeySabotages,
  ...openIdSabotages,
  ...mailSabotages,
]

/** The control made again of changed parts, so that all its functions see the change. */
const made =
  (change: (parts: Parts) => Partial<Parts>) =>
  (control: StrongAuthentication): StrongAuthentication =>
    createStrongAuthentication({ ...control.parts, ...change(control.parts) })

const withRules = (change: (rules: Rules) => Rules): ((control: StrongAuthentication) => StrongAuthentication) =>
  made(({ rules }) => ({ rules: change(rules) }))

const cut = (password: Secret): Secret => new Secret(Buffer.from(password.release()).subarray(0, 72).toString('utf8'))

/** Same form, same cost, no pepper. */
function unpeppered(password: Secret, salt = randomBytes(16)): string {
  const tag = argon2Sync('argon2id', {
    message: password.release().normalize('NFC'),
    nonce: salt,
    parallelism: 1,
    tagLength: 32,
    memory: 19_456,
    passes: 2,
  })
  const [saltText, tagText] = [salt, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
  return `$argon2id$v=19$m=19456,t=2,p=1$${saltText}$${tagText}`
}

const accountOf = ({ accounts }: Parts, email: string) =>
  accounts
    .as(NOBODY)
    .selectFrom('holdfast.account')
    .innerJoin('holdfast.password', 'holdfast.password.account_id', 'holdfast.account.id')
    .selectAll()
    .where('holdfast.account.email', '=', normaliseEmail(email) ?? '')
    .executeTakeFirst()

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'overloaded') throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

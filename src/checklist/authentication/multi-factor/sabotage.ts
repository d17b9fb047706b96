import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import { hours, seconds } from '../../../kernel/time.ts'
import type { MultiFactor } from './multi-factor.ts'

/** Mistakes people ship with second factors. */
export const sabotages: readonly Sabotage<MultiFactor>[] = [
  {
    name: 'role-rule-off',
    fault:
      'Roles are of effect whatever was proved: the second factor is asked of those who set one up, and of nobody else.',
    leaves: 'absent',
    caughtBy: ['required-by-role'],
    alsoBreaks: ['authentication/session-management'],
    plant: (plan) => plan.control((c) => ({ ...c, effectiveRoles: (roles) => roles, isRequired: () => false })),
  },
  {
    name: 'only-named-roles',
    fault:
      'The rule looks for the names owner, admin and auditor, so that a role that inherits from one of them, or that may change roles itself, is not meant.',
    leaves: 'present',
    caughtBy: ['required-by-role'],
    plant(plan) {
      const named = (role: string): boolean => ['owner', 'admin', 'auditor'].includes(role)
      plan.control((c) => ({
        ...c,
        effectiveRoles: (roles, assurance) => (assurance >= 2 ? roles : roles.filter((role) => !named(role))),
        isRequired: (roles) => roles.some(named),
      }))
    },
  },
  {
    name: 'mail-skips-the-gate',
    fault:
      'Whoever comes by a link from their mail is signed in at once: the second step stands only behind the password form.',
    leaves: 'present',
    caughtBy: ['every-way'],
    alsoBreaks: ['authentication/strong-authentication'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        admit: async (tx, proof) => (proof.method === 'link' ? { kind: 'session', assurance: 2 } : c.admit(tx, proof)),
      }))
    },
  },
  {
    name: 'provider-skips-the-gate',
    fault:
      'Whoever comes from an outside provider is signed in as with two factors, since the provider will have asked for both.',
    leaves: 'present',
    caughtBy: ['every-way'],
    alsoBreaks: ['authentication/strong-authentication'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        admit: async (tx, proof) =>
          proof.method === 'openid' ? { kind: 'session', assurance: 2 } : c.admit(tx, proof),
      }))
    },
  },
  {
    name: 'step-not-kept',
    fault: 'A code is compared and its step is never stored, so that it works as often as it is sent while it lasts.',
    leaves: 'present',
    caughtBy: ['code-once'],
    plant: (plan) => plan.control((c) => ({ ...c, rememberStep: async () => true })),
  },
  {
    name: 'code-cut-short',
    fault: 'What was typed is cut to six digits before it is compared, so that a longer code passes for the right one.',
    leaves: 'present',
    caughtBy: ['standard-codes'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        useTotp(tx, accountId, code, origin) {
          return c.useTotp.call(this, tx, accountId, code.slice(-6), origin)
        },
      }))
    },
  },
  {
    name: 'factors-from-a-cache',
    fault:
      'Who has which factor is asked of a cache that never hears of new ones: confirming asks for the password alone.',
    leaves: 'present',
    caughtBy: ['step-up-with-factor'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        factorsOf: async (accountId, tx) =>
          tx === undefined ? { totp: false, passkeys: 0, recoveryCodes: 0 } : c.factorsOf(accountId, tx),
      }))
    },
  },
  {
    name: 'wide-window',
    fault: 'Codes of five minutes around are accepted, because some phones had the wrong time.',
    leaves: 'present',
    caughtBy: ['old-code'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        steps(now) {
          const [first = 0] = c.steps(now)
          return Array.from({ length: 21 }, (_, index) => first - 9 + index)
        },
      }))
    },
  },
  {
    name: 'counted-per-sign-in',
    fault: 'Wrong codes are counted for the half-finished sign-in, and who has the password begins another one.',
    leaves: 'present',
    caughtBy: ['guessing'],
    plant: (plan) => plan.control((c) => ({ ...c, countedAs: (accountId, token) => token ?? accountId })),
  },
  {
    name: 'recovery-codes-not-counted',
    fault:
      'A wrong recovery code is refused as input that does not fit, which is no wrong guess to what counts them: they are tried without end.',
    leaves: 'present',
    caughtBy: ['guessing-both'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async useRecoveryCode(tx, accountId, code) {
          if (!(await this.spendRecoveryCode(tx, accountId, code))) throw new Refusal('input-invalid')
        },
      }))
    },
  },
  {
    name: 'recovery-codes-of-anybody',
    fault: 'A recovery code is found by its hash alone, which is unique, and whose it is is not asked.',
    leaves: 'present',
    caughtBy: ['others-factors'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async spendRecoveryCode(tx, accountId, code) {
          const anybodys = await tx.selectFrom('holdfast.recovery_code').select('account_id').distinct().execute()
          for (const { account_id } of [{ account_id: accountId }, ...anybodys])
            if (await c.spendRecoveryCode(tx, account_id, code)) return true
          return false
        },
      }))
    },
  },
  {
    name: 'recovery-codes-live-on',
    fault: 'A recovery code is looked up and not marked as used.',
    leaves: 'present',
    caughtBy: ['recovery-codes'],
    plant(plan) {
      plan.sql(`create function holdfast.keep_code() returns trigger language plpgsql as $$
        begin new.used_at = null; return new; end $$;
        create trigger keep_code before update on holdfast.recovery_code
          for each row execute function holdfast.keep_code()`)
    },
  },
  {
    name: 'secrets-in-the-clear',
    fault: 'The secrets of the apps stand in the table as they are.',
    leaves: 'absent',
    caughtBy: ['stored'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        // As long as the column asks.
        seal: (secret) => Buffer.concat([secret, Buffer.alloc(20)]),
        open: (sealed) => Buffer.from(sealed.subarray(0, 20)),
      }))
    },
  },
  {
    name: 'half-a-session',
    fault: 'The password makes the session already, and a page asks for the second step behind it.',
    leaves: 'present',
    caughtBy: ['half-finished', 'every-way'],
    alsoBreaks: ['authentication/strong-authentication'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async admit(tx, proof) {
          const admission = await c.admit(tx, proof)
          return admission.kind === 'session' ? admission : { kind: 'session', assurance: 1 }
        },
      }))
    },
  },
  {
    name: 'half-finished-reusable',
    fault: 'A half-finished sign-in is not used up, so that its token goes on making sessions.',
    leaves: 'present',
    caughtBy: ['half-finished', 'half-finished-ends'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        endPending: async () => undefined,
        async complete(_tx, token) {
          const pending = await c.pending(token)
          return pending ?? c.complete(_tx, token)
        },
      }))
    },
  },
  {
    name: 'reset-at-once',
    fault: 'The reset of an administrator takes effect as it is started: whoever talks one into it is in.',
    leaves: 'present',
    caughtBy: ['reset-waits'],
    plant: (plan) => plan.control((c) => ({ ...c, waitingTime: () => seconds(1) })),
  },
  {
    name: 'reset-hours-unread',
    fault: 'HOLDFAST_FACTOR_RESET_HOURS is validated and documented, and the waiting time is a constant.',
    leaves: 'present',
    caughtBy: ['reset-waits'],
    plant: (plan) => plan.control((c) => ({ ...c, waitingTime: (roles) => hours(c.isRequired(roles) ? 72 : 24) })),
  },
  {
    name: 'reset-cancelled-in-name',
    fault: 'Cancelling a reset answers and tells the person that it is cancelled, and leaves it standing.',
    leaves: 'present',
    caughtBy: ['reset-cancelled'],
    plant(plan) {
      plan.control((c) => ({ ...c, cancelReset: async (_tx, accountId) => (await c.resetOf(accountId)) !== null }))
    },
  },
  {
    name: 'reset-behind-the-back',
    fault: 'Of a reset those hear who administer, and not the person whom it concerns.',
    leaves: 'present',
    caughtBy: ['reset-told'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async toldOfReset(tx, accountId, byOperator) {
          return (await c.toldOfReset.call(this, tx, accountId, byOperator)).filter((id) => id !== accountId)
        },
      }))
    },
  },
  {
    name: 'reset-among-two',
    fault:
      'One owner resets another, and no third one hears of it: whoever has taken over one of them has the others soon.',
    leaves: 'present',
    caughtBy: ['reset-told'],
    plant: (plan) => plan.control((c) => ({ ...c, toldOfReset: async (_tx, accountId) => [accountId] })),
  },
]

import type { Sabotage } from '../../../kernel/sabotage.ts'
import { createStrongAuthentication } from './control.ts'
import { createPasskeys } from './passkeys-create.ts'
import type { PasskeyRules } from './passkeys-rules.ts'
import { untold } from './sabotage-mail.ts'
import type { StrongAuthentication } from './strong-authentication.ts'

/** Mistakes people ship with passkeys: the library is called, and something around it is left out. */
export const passkeySabotages: readonly Sabotage<StrongAuthentication>[] = [
  {
    name: 'challenge-not-spent',
    fault:
      'A challenge is signed and expires, and is not kept as used, so that an answer that was read on its way signs in again.',
    leaves: 'present',
    caughtBy: ['passkey-once'],
    plant: (plan) => plan.control(withRules({ spend: async () => true })),
  },
  {
    name: 'origin-from-the-answer',
    fault: 'The expected origin is taken from the answer itself, to serve several domains.',
    leaves: 'present',
    caughtBy: ['passkey-altered', 'passkey-making'],
    plant: (plan) => plan.control(withRules({ origins: (_ours, shown) => [shown] })),
  },
  {
    name: 'verification-preferred',
    fault:
      'The page asks for verification of the owner, and the server takes answers without it, since some keys have none.',
    leaves: 'present',
    caughtBy: ['passkey-altered', 'passkey-making'],
    plant: (plan) => plan.control(withRules({ userVerification: false })),
  },
  {
    name: 'counter-ignored',
    fault: 'The count is stored at each sign-in and compared with nothing.',
    leaves: 'present',
    caughtBy: ['passkey-counter'],
    plant: (plan) => plan.control(withRules({ counterGrows: () => true })),
  },
  {
    name: 'verified-not-read',
    fault: 'The library’s function is awaited, and that it answered “not verified” rather than throw is not looked at.',
    leaves: 'present',
    caughtBy: ['passkey-altered'],
    plant: (plan) => plan.control(withRules({ isSigned: () => true })),
  },
  {
    name: 'challenge-of-anybody',
    fault: 'Challenges say what they are for and not for whom, so that one person’s is good for all.',
    leaves: 'present',
    caughtBy: ['passkey-making'],
    plant: (plan) =>
      plan.control((control) =>
        createStrongAuthentication({
          ...control.parts,
          sealer: {
            ...control.parts.sealer,
            index: (kind, value) =>
              control.parts.sealer.index(
                kind,
                kind === 'passkey challenge' ? value.replace(/ [0-9a-f-]{36} /, ' somebody ') : value,
              ),
          },
        }),
      ),
  },
  {
    name: 'challenge-from-the-answer',
    fault: 'The challenge is read from the answer and compared with nothing that the server made.',
    leaves: 'present',
    caughtBy: ['passkey-altered', 'passkey-making'],
    plant: (plan) => plan.control(withRules({ isOurs: () => true })),
  },
  {
    name: 'challenge-without-end',
    fault: 'A challenge says until when it is good, and nobody reads it.',
    leaves: 'present',
    caughtBy: ['passkey-time'],
    plant: (plan) => plan.control(withRules({ isOurs: ({ genuine }) => genuine })),
  },
  {
    name: 'disabled-by-password-only',
    fault: 'Disabling an account is looked at where passwords are compared, and was forgotten for passkeys.',
    leaves: 'absent',
    caughtBy: ['passkey-void'],
    plant: (plan) => plan.control(withRules({ mayBeProved: () => true })),
  },
  {
    name: 'challenges-of-little-chance',
    fault: 'Challenges begin with bytes of a source that a test had fixed, and only their ends differ.',
    leaves: 'present',
    caughtBy: ['passkey-sign-in'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        passkeys: createPasskeys({ ...control.parts, random: (bytes) => Buffer.alloc(bytes, 7) }),
      })),
  },
  {
    name: 'passkeys-not-told',
    fault: 'Passwords are told of when they change; passkeys came later, and nobody thought of it.',
    leaves: 'present',
    caughtBy: ['passkey-keeping'],
    plant: (plan) => plan.control(untold('passkey-')),
  },
  {
    name: 'security-key-alone',
    fault: 'What kind a key is stands in its row and in the list, and is not looked at when somebody signs in with it.',
    leaves: 'present',
    caughtBy: ['passkey-security-key'],
    plant: (plan) =>
      plan.control((control) => {
        const changed = withRules({ standsAlone: () => true })(control)
        const { passkeys } = changed
        return {
          ...changed,
          passkeys: {
            ...passkeys,
            prove: async (...given) => ({ ...(await passkeys.prove(...given)), kind: 'passkey' }),
          },
        }
      }),
  },
  {
    name: 'owner-not-compared',
    fault: 'The answer’s user handle is passed on and not compared with whose the passkey is.',
    leaves: 'present',
    caughtBy: ['passkey-altered'],
    plant: (plan) => plan.control(withRules({ isOwner: () => true })),
  },
]

/** The control with some of its rules for passkeys changed. */
const withRules =
  (changed: Partial<PasskeyRules>) =>
  (control: StrongAuthentication): StrongAuthentication =>
    createStrongAuthentication({
      ...control.parts,
      passkeyRules: { ...control.parts.passkeyRules, ...changed },
    })

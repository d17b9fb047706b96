import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { GuessingControl } from './control.ts'
import { run } from './sabotage-parts.ts'

/** What known devices are worth, and what becomes of a password that was guessed at for too long. */
export const deviceSabotages: readonly Sabotage<GuessingControl>[] = [
  {
    name: 'lock-not-looked-at',
    fault: 'After 100 failures the account is marked as locked, and sign-in does not look at the mark.',
    leaves: 'present',
    caughtBy: ['lock'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        admit: async (attempt) => ({ ...(await control.admit(attempt)), locked: false }),
      })),
  },
  {
    name: 'lock-told',
    fault: 'Whoever tries to sign in to a locked account is told so, to be helpful.',
    leaves: 'present',
    caughtBy: ['lock'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (admitted.locked) throw new Refusal('credentials-wrong', 'This account is locked; reset its password')
          return admitted
        },
      })),
  },
  {
    name: 'known-device-shares-the-budget',
    fault: 'A known device is recognised and counted with everybody else, so that whoever guesses locks the owner out.',
    leaves: 'present',
    caughtBy: ['budget'],
    plant: (plan) =>
      plan.control((control) => ({ ...control, admit: (attempt) => control.admit({ ...attempt, device: undefined }) })),
  },
  {
    name: 'no-device-remembered',
    fault: 'Known devices are looked for at each try, and no sign-in makes one known.',
    leaves: 'present',
    caughtBy: ['devices'],
    plant: (plan) => plan.control((control) => ({ ...control, remember: async () => ({}) })),
  },
  {
    name: 'device-token-taken-as-it-comes',
    fault:
      'Whatever token a browser brings becomes that of its known device, so that somebody can choose it beforehand.',
    leaves: 'present',
    caughtBy: ['devices'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async remember(accountId, device) {
          const headers = await control.remember(accountId, device)
          if (device === undefined) return headers
          return { 'set-cookie': `__Host-device=${device}; Path=/; Secure; HttpOnly; SameSite=Lax` }
        },
      })),
  },
  {
    name: 'known-device-not-counted',
    fault: 'A known device is trusted: tries from it are not counted, whoever has its token.',
    leaves: 'present',
    caughtBy: ['devices'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        admit: async (attempt) =>
          attempt.device === undefined
            ? control.admit(attempt)
            : { attempt, locked: false, device: attempt.device, failures: 1 },
      })),
  },
  {
    name: 'lock-forgets-devices',
    fault: 'With the password the known devices are given up, so that whoever guesses shuts the owner out.',
    leaves: 'present',
    caughtBy: ['lock'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async failed(admitted) {
          const { lockedNow } = await control.failed(admitted)
          if (lockedNow) await run(control.parts, FORGET_ALL, admitted.attempt)
          return { lockedNow }
        },
      })),
  },
  {
    name: 'lock-closes-the-account',
    fault: 'After 100 failures the whole account is closed, passkeys with it.',
    leaves: 'present',
    caughtBy: ['lock'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async failed(admitted) {
          const { lockedNow } = await control.failed(admitted)
          if (lockedNow) await run(control.parts, CLOSE, admitted.attempt)
          return { lockedNow }
        },
      })),
  },
]

const FORGET_ALL =
  'delete from holdfast.known_device where account_id = (select id from holdfast.account where email = $1::text)'
const CLOSE = 'update holdfast.account set disabled_at = now() where email = $1::text'

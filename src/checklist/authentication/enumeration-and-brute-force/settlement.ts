import { NOBODY } from '../../../kernel/principal.ts'
import { FORGET, FORGET_DEVICES, RELEASE, REMEMBER_DEVICE, SUCCEED, SWEEPS } from './attempt-queries.ts'
import { BUDGETS } from './budgets.ts'
import type { Parts } from './control.ts'
import type { Admitted, Guessing } from './guessing.ts'
import { accountKey, clientKey, deviceHash, deviceKey, type Family, familyOf } from './keys.ts'
import type { Service } from './service.ts'

type Settlement = Pick<
  Guessing,
  'failed' | 'released' | 'succeeded' | 'remember' | 'forget' | 'forgetDevices' | 'sweep'
>

/** What becomes of tries that were let through. */
export function createSettlement({ accounts, sealer, clock, random, events }: Parts, service: Service): Settlement {
  /** The counters that a try was reserved on: that of account or device, and that of the address where it counts. */
  const counters = ({ attempt, device }: Admitted): readonly [own: Buffer, address: Buffer | null] => {
    const family = familyOf(attempt.flow)
    return device === null
      ? [accountKey(sealer, family, attempt.subject), clientKey(sealer, attempt)]
      : [deviceKey(sealer, family, device), null]
  }

  return {
    // It was counted when it was reserved: nothing is left to write, and nothing takes longer for anybody.
    async failed({ attempt, device, failures }) {
      if (familyOf(attempt.flow) === 'mail') return { lockedNow: false }
      if (device === null) service.count('failure')
      const lockedNow = device === null && failures === BUDGETS.mostFailures
      if (lockedNow) {
        const { address, requestId } = attempt
        events.report({ name: 'authn_password_locked', result: 'failure', fields: {}, address, requestId })
      }
      return { lockedNow }
    },

    async released(admitted) {
      if (familyOf(admitted.attempt.flow) === 'mail') return
      await accounts.batch(NOBODY, [{ sql: RELEASE, parameters: counters(admitted) }])
    },

    async succeeded(admitted) {
      const { attempt, device } = admitted
      // A mail that was asked for stays counted, whatever becomes of it.
      if (familyOf(attempt.flow) === 'mail') return
      if (device === null) service.count('success')
      await accounts.batch(NOBODY, [{ sql: SUCCEED, parameters: counters(admitted) }])
    },

    async remember(accountId, device) {
      const presented = deviceHash(device)
      const counter = (family: Family): Buffer => deviceKey(sealer, family, presented?.toString('hex') ?? '')
      const fresh = random(32).toString('base64url')
      const [result] = await accounts.batch(NOBODY, [
        {
          sql: REMEMBER_DEVICE,
          parameters: [
            clock.now(),
            deviceHash(fresh),
            accountId,
            presented,
            [counter('password'), counter('code'), counter('mail')],
          ],
        },
      ])
      const token = result?.rows[0]?.kept === 1 ? device : fresh
      return { 'set-cookie': `__Host-device=${token}; ${DEVICE_ATTRIBUTES}` }
    },

    async forget(what, subject) {
      await accounts.batch(NOBODY, [{ sql: FORGET, parameters: [accountKey(sealer, what, subject)] }])
    },

    async forgetDevices(accountId, but) {
      await accounts.batch(NOBODY, [{ sql: FORGET_DEVICES, parameters: [accountId, deviceHash(but)] }])
    },

    async sweep() {
      let removed = 0
      for (const sql of SWEEPS) {
        const [result] = await accounts.batch(NOBODY, [{ sql, parameters: [clock.now()] }])
        removed += result?.changed ?? 0
      }
      return removed
    },
  }
}

/**
 * `SameSite=Lax`, since whoever comes back from an OpenID provider is to be recognised. Cross-site requests that could try a password
 * don't carry it.
 */
const DEVICE_ATTRIBUTES = `Path=/; Max-Age=${BUDGETS.deviceLife}; Secure; HttpOnly; SameSite=Lax`

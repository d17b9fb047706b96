import { createHash } from 'node:crypto'
import { Refusal } from '../../../kernel/refusal.ts'
import type { MultiFactorParts } from './control.ts'
import type { MultiFactor } from './multi-factor.ts'

type RecoveryCodes = Pick<MultiFactor, 'makeRecoveryCodes' | 'useRecoveryCode' | 'spendRecoveryCode'>

/** Ten codes to print, for when everything else is lost: 80 random bits each, so that their hashes tell nothing. */
export function createRecoveryCodes({ clock, random, events }: MultiFactorParts): RecoveryCodes {
  return {
    async makeRecoveryCodes(tx, accountId, origin) {
      const codes = Array.from({ length: COUNT }, () => written(random(CODE_BYTES)))
      await tx.deleteFrom('holdfast.recovery_code').where('account_id', '=', accountId).execute()
      await tx
        .insertInto('holdfast.recovery_code')
        .values(
          codes.map((code) => ({
            code_hash: hashOf(read(code) ?? ''),
            account_id: accountId,
            created_at: new Date(clock.now()),
            used_at: null,
          })),
        )
        .execute()
      await events.stage(tx, {
        name: 'authn_recovery_codes_made',
        result: 'success',
        fields: { count: codes.length },
        ...origin,
        accountId,
      })
      return codes
    },

    async useRecoveryCode(this: MultiFactor, tx, accountId, code, origin) {
      if (await this.spendRecoveryCode(tx, accountId, code)) {
        await events.stage(tx, {
          name: 'authn_factor_used',
          result: 'success',
          fields: { factor: 'recovery-code' },
          ...origin,
          accountId,
        })
        return
      }
      events.report({
        name: 'authn_factor_fail',
        result: 'failure',
        fields: { factor: 'recovery-code', reason: 'wrong or used' },
        ...origin,
        accountId,
      })
      throw new Refusal('code-wrong')
    },

    async spendRecoveryCode(tx, accountId, code) {
      const { numUpdatedRows } = await tx
        .updateTable('holdfast.recovery_code')
        .set({ used_at: new Date(clock.now()) })
        .where('code_hash', '=', hashOf(read(code) ?? ''))
        .where('account_id', '=', accountId)
        .where('used_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

/** Five bits a character, in groups of four: `7K2M-0QXA-…`. */
function written(bytes: Uint8Array): string {
  let bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let place = 0; place < LENGTH; place++) {
    text = `${ALPHABET[Number(bits & 31n)]}${text}`
    bits >>= 5n
  }
  return text.replace(/(.{4})(?!$)/g, '$1-')
}

/** What was typed as a code, without what people add or mistake; `null` where it is none. */
function read(typed: string): string | null {
  if (typed.length > MOST_TYPED) return null
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0')
  return text.length === LENGTH && [...text].every((character) => ALPHABET.includes(character)) ? text : null
}

const hashOf = (code: string): Buffer => createHash('sha256').update(code).digest()

/** Crockford's base32: no letter that looks like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const COUNT = 10
const CODE_BYTES = 10
const LENGTH = 16
const MOST_TYPED = 64

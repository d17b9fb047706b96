import { NOBODY } from '../../../kernel/principal.ts'
import { Refusal } from '../../../kernel/refusal.ts'
import { minutes } from '../../../kernel/time.ts'
import { base32, matchingStep, SECRET_BYTES, stepOf, totpUri } from '../../../platform/otp/totp.ts'
import type { MultiFactorParts } from './control.ts'
import type { MultiFactor } from './multi-factor.ts'

type Totp = Pick<
  MultiFactor,
  'enrolTotp' | 'confirmTotp' | 'removeTotp' | 'useTotp' | 'steps' | 'rememberStep' | 'seal' | 'open'
>

/** Codes of an app: RFC 6238 with SHA-1, six digits and steps of 30 seconds, as every app knows it. */
export function createTotp({ accounts, sealer, clock, random, events, serviceName }: MultiFactorParts): Totp {
  return {
    async enrolTotp(accountId, label) {
      const secret = random(SECRET_BYTES)
      const offer = {
        offered_secret: this.seal(secret, offeredTo(accountId)),
        offered_at: new Date(clock.now()),
      }
      await accounts
        .as(NOBODY)
        .insertInto('holdfast.totp')
        .values({ account_id: accountId, ...offer })
        .onConflict((conflict) => conflict.column('account_id').doUpdateSet(offer))
        .execute()
      return { secret: base32(secret), uri: totpUri(secret, serviceName, label) }
    },

    async confirmTotp(tx, accountId, code, origin) {
      const now = clock.now()
      const row = await tx
        .selectFrom('holdfast.totp')
        .select(['offered_secret', 'offered_at'])
        .where('account_id', '=', accountId)
        .forUpdate()
        .executeTakeFirst()
      const offered = row?.offered_secret ?? null
      const late = now - (row?.offered_at?.getTime() ?? 0) >= OFFERED_FOR * 1000
      const secret = offered === null || late ? null : this.open(offered, offeredTo(accountId))
      const step = secret === null ? null : matchingStep(secret, code, this.steps(now))
      if (secret === null || step === null) {
        const reason = secret === null ? 'nothing to confirm' : 'wrong'
        events.report({
          name: 'authn_factor_fail',
          result: 'failure',
          fields: { factor: 'totp', reason },
          ...origin,
          accountId,
        })
        throw new Refusal('code-wrong')
      }
      await tx
        .updateTable('holdfast.totp')
        .set({
          sealed_secret: this.seal(secret, usedBy(accountId)),
          confirmed_at: new Date(now),
          // The code that confirms is used by that.
          last_step: step,
          offered_secret: null,
          offered_at: null,
        })
        .where('account_id', '=', accountId)
        .execute()
      await events.stage(tx, {
        name: 'authn_factor_added',
        result: 'success',
        fields: { factor: 'totp' },
        ...origin,
        accountId,
      })
    },

    async removeTotp(tx, accountId, origin) {
      const removed = await tx
        .deleteFrom('holdfast.totp')
        .where('account_id', '=', accountId)
        .returning('confirmed_at')
        .executeTakeFirst()
      if (removed === undefined || removed.confirmed_at === null) return false
      await events.stage(tx, {
        name: 'authn_factor_removed',
        result: 'success',
        fields: { factor: 'totp' },
        ...origin,
        accountId,
      })
      return true
    },

    async useTotp(tx, accountId, code, origin) {
      const row = await tx
        .selectFrom('holdfast.totp')
        .select('sealed_secret')
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      const sealed = row?.sealed_secret ?? null
      // Without an app there is as much to compare, with what is nobody's: how long it takes tells nothing.
      const secret = sealed === null ? random(SECRET_BYTES) : this.open(sealed, usedBy(accountId))
      const matching = matchingStep(secret, code, this.steps(clock.now()))
      const step = sealed === null ? null : matching
      if (step === null || !(await this.rememberStep(tx, accountId, step))) {
        const reason = sealed === null ? 'none' : step === null ? 'wrong' : 'used'
        events.report({
          name: 'authn_factor_fail',
          result: 'failure',
          fields: { factor: 'totp', reason },
          ...origin,
          accountId,
        })
        throw new Refusal('code-wrong')
      }
      await events.stage(tx, {
        name: 'authn_factor_used',
        result: 'success',
        fields: { factor: 'totp' },
        ...origin,
        accountId,
      })
    },

    steps(now) {
      const current = stepOf(now)
      return [current - 1, current, current + 1]
    },

    async rememberStep(tx, accountId, step) {
      // Side by side, the second one waits for the first and then finds the step taken.
      const { numUpdatedRows } = await tx
        .updateTable('holdfast.totp')
        .set({ last_step: step })
        .where('account_id', '=', accountId)
        .where('last_step', '<', step)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    seal: (secret, context) => sealer.seal(secret, context),
    open: (sealed, context) => sealer.open(sealed, context),
  }
}

const usedBy = (accountId: string): string => `totp ${accountId}`
const offeredTo = (accountId: string): string => `totp-offer ${accountId}`

/** A secret that was shown and left lying must not become a factor days later. */
const OFFERED_FOR = minutes(30)

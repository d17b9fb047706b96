import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { GuessingControl, Parts } from './control.ts'
import type { Attempt } from './guessing.ts'
import { ACCOUNT, APP, has, PASSKEY } from './sabotage-parts.ts'

/** Answers that tell who has an account, or don't tell its owner. */
export const answerSabotages: readonly Sabotage<GuessingControl>[] = [
  {
    name: 'unknown-account-returns-early',
    fault: 'Where there is no such account there is nothing to compare, so sign-in answers at once.',
    leaves: 'present',
    caughtBy: ['sign-in-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (attempt.flow === 'sign-in' && !(await has(control.parts, ACCOUNT, attempt)))
            throw new Refusal('credentials-wrong')
          return admitted
        },
      })),
  },
  {
    name: 'mail-awaited',
    fault: 'The mail is handed over before the reply, and only who has an account is sent one.',
    leaves: 'present',
    caughtBy: ['mail-flows-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (MAILED.has(attempt.flow) && (await has(control.parts, ACCOUNT, attempt))) await sleep(HANDOVER_MS)
          return admitted
        },
      })),
  },
  {
    name: 'second-factor-told-first',
    fault: 'Who has a second factor is told at once that it will be asked for, before the password is compared.',
    leaves: 'present',
    caughtBy: ['sign-in-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (attempt.flow === 'sign-in' && (await has(control.parts, PASSKEY, attempt)))
            throw new Refusal('second-factor-required')
          return admitted
        },
      })),
  },
  {
    name: 'app-asked-elsewhere',
    fault: 'Codes of an app are compared by a service of their own, and who has no app never waits for it.',
    leaves: 'present',
    caughtBy: ['second-factor-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        async admit(attempt) {
          const admitted = await control.admit(attempt)
          if (attempt.flow === 'second-factor' && (await has(control.parts, APP, attempt))) await sleep(HANDOVER_MS)
          return admitted
        },
      })),
  },
  {
    name: 'work-only-where-there-is-an-account',
    fault:
      'A proof of work is asked for where there is an account to protect; whoever asks for another is answered without.',
    leaves: 'present',
    caughtBy: ['challenge-alike'],
    plant: (plan) =>
      plan.control((control) => ({
        ...control,
        admit: (attempt) =>
          control.admit(attempt).catch(async (error: unknown) => {
            if (await has(control.parts, ACCOUNT, attempt)) throw error
            return { attempt, locked: true, device: null, failures: 1 }
          }),
      })),
  },
  {
    name: 'taken-address-passed-over',
    fault: 'Who signs up with a taken address is answered like everybody, and the owner hears nothing of it.',
    leaves: 'present',
    caughtBy: ['taken-address'],
    plant(plan) {
      let parts: Parts | undefined
      plan.control((control) => {
        parts = control.parts
        return control
      })
      plan.server((app) =>
        (app as FastifyInstance).addHook('preHandler', async (request, reply) => {
          const { email } = (request.body ?? {}) as { readonly email?: unknown }
          if (request.url !== '/auth/sign-up' || parts === undefined) return
          if (await has(parts, ACCOUNT, { subject: String(email) })) return reply.code(202).send({ next: 'mail' })
        }),
      )
    },
  },
]

const MAILED: ReadonlySet<Attempt['flow']> = new Set(['sign-up', 'reset', 'sign-in-link'])
/** What a mail server nearby takes, its handshake included. */
const HANDOVER_MS = 25

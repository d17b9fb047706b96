import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { Sessions } from './sessions.ts'

/** Mistakes with the end of a session: who ends it, and who hears of it. */
export const endSabotages: readonly Sabotage<Sessions>[] = [
  {
    name: 'password-change-keeps-sessions',
    fault: 'Changing the password leaves the sessions that a thief may have.',
    leaves: 'present',
    caughtBy: ['password-change'],
    plant(plan) {
      plan.control((c) => ({ ...c, endOthers: async () => 0 }))
    },
  },
  {
    name: 'role-change-keeps-token',
    fault: 'A change of roles is not connected with the sessions of its account.',
    leaves: 'absent',
    caughtBy: ['privilege-change'],
    plant(plan) {
      plan.sql('drop trigger announce on holdfast.account_role')
    },
  },
  {
    name: 'sign-out-only-clears-cookie',
    fault: 'Signing out removes the cookie, and the session stays alive on the server.',
    leaves: 'present',
    caughtBy: ['sign-out'],
    plant(plan) {
      plan.control((c) => ({ ...c, signOut: async () => undefined }))
    },
  },
  {
    name: 'revocation-forgets-cache',
    fault: 'The row is marked as ended, and what is in memory goes on being believed.',
    leaves: 'present',
    caughtBy: ['sign-out', 'second-node'],
    plant(plan) {
      plan.control((c) => ({ ...c, forget: () => undefined, receive: () => undefined }))
    },
  },
  {
    name: 'announcements-unheard',
    fault: 'The node that ends a session knows it; the others listen to nothing.',
    leaves: 'present',
    caughtBy: ['second-node'],
    plant(plan) {
      plan.control((c) => ({ ...c, receive: () => undefined }))
    },
  },
  {
    name: 'cache-trusted-while-deaf',
    fault: 'When the announcement channel is down, what is in memory is believed all the same.',
    leaves: 'present',
    caughtBy: ['channel-down'],
    plant(plan) {
      plan.control((c) => ({ ...c, trustsCache: () => true }))
    },
  },
  {
    name: 'anybodys-session-ended-by-id',
    fault: 'A session is ended by its id, whoever asks.',
    leaves: 'present',
    caughtBy: ['own-sessions'],
    plant(plan) {
      plan.control((c) => ({
        ...c,
        async end(tx, principal, sessionId, from) {
          const row = await tx
            .selectFrom('holdfast.session')
            .select('account_id')
            .where('id', '=', sessionId)
            .executeTakeFirst()
          return row !== undefined && c.end(tx, { ...principal, accountId: row.account_id }, sessionId, from)
        },
      }))
    },
  },
  {
    name: 'administrator-ends-nothing',
    fault: "The administrator's button answers that it worked.",
    leaves: 'present',
    caughtBy: ['administrator'],
    plant(plan) {
      plan.control((c) => ({ ...c, endAll: async () => 0 }))
    },
  },
  {
    name: 'session-events-lost',
    fault: 'A trigger thins out the event table, and the events of sessions fall through.',
    leaves: 'present',
    caughtBy: ['events'],
    plant(plan) {
      plan.sql(`create function holdfast.thin_out() returns trigger language plpgsql as
        $$ begin if new.name like 'session_%' then return null; end if; return new; end $$`)
      plan.sql(`create trigger thin_out before insert on holdfast.event_staging
        for each row execute function holdfast.thin_out()`)
    },
  },
]

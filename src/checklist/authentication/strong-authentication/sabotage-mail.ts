import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { MailLinks } from './mail-links.ts'
import type { StrongAuthentication } from './strong-authentication.ts'

const withLinks =
  (change: (links: MailLinks) => Partial<MailLinks>) =>
  (control: StrongAuthentication): StrongAuthentication => ({
    ...control,
    links: { ...control.links, ...change(control.links) },
  })

/** The control that tells nobody of changes whose name begins so. */
export const untold =
  (prefix: string) =>
  (control: StrongAuthentication): StrongAuthentication => ({
    ...control,
    notices: {
      ...control.notices,
      addressees: async (tx, accountId, change) =>
        change.startsWith(prefix) ? [] : control.notices.addressees(tx, accountId, change),
    },
  })

/** Mistakes people ship with links in mails. */
export const mailSabotages: readonly Sabotage<StrongAuthentication>[] = [
  {
    name: 'link-used-again',
    fault: 'A link is marked as used, and nobody looks at the mark.',
    leaves: 'present',
    caughtBy: ['mail-links'],
    plant: (plan) =>
      plan.control(
        withLinks((links) => ({
          isGood: (link, purpose, now) => links.isGood({ ...link, usedAt: null }, purpose, now),
          spend: async () => true,
        })),
      ),
  },
  {
    name: 'link-never-over',
    fault: 'The time at which a link is over is stored and not compared.',
    leaves: 'present',
    caughtBy: ['mail-expiry'],
    plant: (plan) =>
      plan.control(
        withLinks((links) => ({
          isGood: (link, purpose, now) => links.isGood({ ...link, expiresAt: now + 1 }, purpose, now),
        })),
      ),
  },
  {
    name: 'sign-in-link-an-hour',
    fault: 'Links to sign in with are good for as long as all others, since mail may be slow.',
    leaves: 'present',
    caughtBy: ['mail-expiry'],
    plant: (plan) =>
      plan.control(
        withLinks((links) => ({
          isGood: (link, purpose, now) => {
            const longer = purpose === 'sign-in' ? 50 * 60_000 : 0
            return links.isGood({ ...link, expiresAt: link.expiresAt + longer }, purpose, now)
          },
        })),
      ),
  },
  {
    name: 'link-for-anything',
    fault: 'One table for all links, and whoever uses one does not ask what it was for.',
    leaves: 'present',
    caughtBy: ['mail-links'],
    plant: (plan) =>
      plan.control(withLinks((links) => ({ isGood: (link, _purpose, now) => links.isGood(link, link.purpose, now) }))),
  },
  {
    name: 'link-stored-as-sent',
    fault: 'The token of a link is stored as it is, so that who reads the table resets passwords.',
    leaves: 'absent',
    caughtBy: ['mail-links'],
    plant: (plan) => plan.control(withLinks(() => ({ hash: (token) => Buffer.from(token, 'base64url') }))),
  },
  {
    name: 'changes-not-told',
    fault: 'Notices of changes were switched off while the mail server moved.',
    leaves: 'absent',
    caughtBy: ['mail-told'],
    plant: (plan) =>
      plan.control((control) => ({ ...control, notices: { ...control.notices, addressees: async () => [] } })),
  },
  {
    name: 'reset-removes-factors',
    fault: 'Who resets the password loses the second factors too, as whoever forgot one has lost the other.',
    leaves: 'present',
    caughtBy: ['mail-reset'],
    alsoBreaks: ['authentication/multi-factor'],
    plant: (plan) =>
      plan.sql(`create function holdfast.forget_factors() returns trigger language plpgsql security definer as $$
        begin delete from holdfast.passkey where account_id = new.account_id; return new; end $$;
        create trigger forget_factors after update of hash on holdfast.password
          for each row when (old.changed_at <> new.changed_at) execute function holdfast.forget_factors()`),
  },
  {
    name: 'reset-leaves-sessions',
    fault: 'Sessions that a reset should end stay as they are.',
    leaves: 'present',
    caughtBy: ['mail-reset'],
    alsoBreaks: ['authentication/session-management'],
    plant: (plan) =>
      plan.sql(`create function holdfast.keep_session() returns trigger language plpgsql as $$
        begin return old; end $$;
        create trigger keep_session before update on holdfast.session
          for each row when (new.ended_by = 'password-change') execute function holdfast.keep_session()`),
  },
  {
    name: 'old-address-not-told',
    fault: 'Of a new address the new mailbox is told, and the old one, from which somebody was thrown out, is not.',
    leaves: 'present',
    caughtBy: ['mail-change'],
    plant: (plan) => plan.control(untold('address-')),
  },
  {
    name: 'password-void-at-once',
    fault: 'Asking for a reset voids the password, so that whoever knows an address locks its owner out.',
    leaves: 'present',
    caughtBy: ['mail-administrator'],
    plant: (plan) =>
      plan.control(
        withLinks((links) => ({
          make: async (tx, link, origin) => {
            if (link.purpose === 'reset') {
              await tx
                .updateTable('holdfast.password')
                .set({ hash: '$argon2id$void' })
                .where('account_id', 'in', (query) =>
                  query.selectFrom('holdfast.account').select('id').where('email', '=', link.email),
                )
                .execute()
            }
            return links.make(tx, link, origin)
          },
        })),
      ),
  },
]

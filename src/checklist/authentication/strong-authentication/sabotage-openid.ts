import { NOBODY } from '../../../kernel/principal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { OpenId, OpenIdFlow } from './openid.ts'
import { untold } from './sabotage-mail.ts'
import type { StrongAuthentication } from './strong-authentication.ts'

/** Mistakes people ship with outside providers: the library is called, and what is around it is left out. */
export const openIdSabotages: readonly Sabotage<StrongAuthentication>[] = [
  {
    name: 'openid-one-nonce',
    fault: 'The nonce is the same for everybody, since the library wanted one: a token of another sign-in fits.',
    leaves: 'present',
    caughtBy: ['openid-token'],
    plant: (plan) => plan.control(changed(() => ({ makeNonce: () => 'notes-nonce' }))),
  },
  {
    name: 'openid-one-verifier',
    fault: 'PKCE is switched on with a verifier from the configuration, so that whoever steals a code can use it.',
    leaves: 'present',
    caughtBy: ['openid-sign-in'],
    plant: (plan) => plan.control(changed(() => ({ makeVerifier: () => 'v'.repeat(43) }))),
  },
  {
    name: 'openid-linked-by-address',
    fault: 'Whom the provider gives the address of an account is taken for its owner, so that nobody has two accounts.',
    leaves: 'present',
    caughtBy: ['openid-linking'],
    plant: (plan) =>
      plan.control((control) =>
        changed(({ accountOf }) => ({
          async accountOf(tx, identity) {
            const own = await accountOf(tx, identity)
            if (own !== null || identity.email === null) return own
            const row = await control.parts.accounts
              .as(NOBODY)
              .selectFrom('holdfast.account')
              .select(['id', 'email', 'name'])
              .where('email', '=', identity.email)
              .executeTakeFirst()
            return row === undefined ? null : { ...row, disabled: false }
          },
        }))(control),
      ),
  },
  {
    name: 'openid-unverified-address',
    fault: 'The address is taken as it comes: whether the provider has verified it is not looked at.',
    leaves: 'absent',
    caughtBy: ['openid-linking'],
    plant: (plan) => plan.control(changed(() => ({ hasVerifiedEmail: ({ email }) => typeof email === 'string' }))),
  },
  {
    name: 'openid-state-in-the-server',
    fault: 'Sign-ins under way are kept by their state in the server, and any browser may come back with one.',
    leaves: 'present',
    caughtBy: ['openid-browser'],
    plant: (plan) =>
      plan.control(
        changed(({ seal, read }) => {
          const flows = new Map<string, OpenIdFlow>()
          return {
            seal(flow) {
              flows.set(flow.state, flow)
              return seal(flow)
            },
            read: (cookie, state) => read(cookie, state) ?? flows.get(state) ?? null,
          }
        }),
      ),
  },
  {
    name: 'openid-removal-untold',
    fault: 'Who adds a provider is told by mail, and of its removal nobody thought.',
    leaves: 'present',
    caughtBy: ['openid-linking'],
    plant: (plan) => plan.control(untold('openid-unlinked')),
  },
  {
    name: 'openid-state-not-spent',
    fault: 'The state is compared, and stays good until it runs out: the provider takes a code once, does it not?',
    leaves: 'present',
    caughtBy: ['openid-browser'],
    plant: (plan) => plan.control(changed(() => ({ spend: async () => true }))),
  },
]

const changed =
  (change: (openid: OpenId) => Partial<OpenId>) =>
  (control: StrongAuthentication): StrongAuthentication => ({
    ...control,
    openid: { ...control.openid, ...change(control.openid) },
  })

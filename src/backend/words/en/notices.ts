import type { CredentialChange } from '../../../checklist/authentication/strong-authentication/index.ts'

/** What somebody is told by mail when a way to sign in has changed. */
export const notices = {
  /** What has happened. @param detail - a name, an address or a moment, where the change has one. */
  what: {
    'password-changed': () => 'The password was changed',
    'password-reset': () => 'The password was reset',
    'address-change-asked': (detail) => `A change of the e-mail address to ${detail} was asked for`,
    'address-changed': (detail) => `The e-mail address was changed to ${detail}`,
    'totp-added': () => 'An authenticator app was added',
    'totp-removed': () => 'The authenticator app was removed',
    'passkey-added': (detail) => `The passkey “${detail}” was added`,
    'passkey-removed': (detail) => `The passkey “${detail}” was removed`,
    'security-key-added': (detail) => `The security key “${detail}” was added`,
    'security-key-removed': (detail) => `The security key “${detail}” was removed`,
    'recovery-codes-made': () => 'New recovery codes were made, and the old ones are void',
    'recovery-code-used': () => 'A recovery code was used to sign in',
    'factor-reset-started': (detail) => `An administrator has asked to remove all second factors, on ${detail}`,
    'factor-reset-cancelled': () => 'The removal of all second factors was cancelled',
    'factor-reset-done': () => 'All second factors were removed, as an administrator had asked',
    'openid-linked': (detail) => `Signing in with ${detail} was added`,
    'openid-unlinked': (detail) => `Signing in with ${detail} was removed`,
  } satisfies Record<CredentialChange, (detail: string) => string>,
  subject: (service: string) => `${service}: your way to sign in has changed`,
  happened: (what: string, service: string) => `${what} for your account at ${service}.`,
  where: (when: string, address: string, device: string) => `It happened on ${when}, from ${address}, with ${device}.`,
  /** Where nobody's request was the reason. */
  when: (when: string) => `It happened on ${when}.`,
  yours: 'If this was you, there is nothing to do.',
  /** What helps against each. */
  notYours: {
    reset: 'If it was not you, choose a new password now by “Forgot your password?”, which ends all sessions.',
    cancel: 'If you did not ask for this, sign in and cancel it before then.',
    operator: 'If it was not you, tell whoever runs this service at once: your mail no longer protects this account.',
  },
  /** To owners, of somebody else's account. */
  others: {
    what: {
      'factor-reset-started': (email: string, when: string) =>
        `All second factors of ${email} are to be removed, on ${when}`,
      'factor-reset-cancelled': (email: string) => `The removal of all second factors of ${email} was cancelled`,
      'factor-reset-done': (email: string) => `All second factors of ${email} were removed`,
    },
    subject: (service: string) => `${service}: second factors of another account`,
    happened: (what: string, service: string) =>
      `${what}. The account is one of ${service}, of which you are an owner.`,
    operator: 'Whoever runs the service has asked for it, at the command line.',
    cancel: 'If nobody should have asked for this, cancel it on the page of that account before then.',
    look: 'If nobody should have asked for this, look at that account now: its password alone signs in.',
    button: 'Look at the account',
    footer: (service: string) => `You get this because you are an owner of ${service}.`,
  },
  button: 'Look at your account',
  footer: (service: string) =>
    `You get this because your address belongs to an account at ${service}, which tells its people of every such change.`,
}

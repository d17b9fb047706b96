/** Signing in with a passkey, and one's list of them. */
export const passkeys = {
  signIn: {
    button: 'Sign in with a passkey',
    second: 'Use a passkey or security key',
    confirm: 'Confirm with a passkey or key',
  },
  /** What went wrong, said by the page's script. */
  problems: {
    cancelled: 'Nothing happened: the passkey was not used, or it took too long. Try again when you are ready.',
    refused:
      'The passkey was not accepted. It may have been removed here, or the page was open for too long: try again.',
    address:
      'Passkeys belong to the address this service has, and this page was opened at another. Open it at the right one.',
    unsupported: 'This browser has no passkeys.',
    known: 'This device has a passkey for your account already.',
    failed: 'That did not work. Load the page again, and try once more.',
    full: 'Your account has as many passkeys as it can have. Remove one first.',
    missing: 'Type your password below first: a security key alone is one factor of two.',
    mismatch: 'The password is wrong. Type it anew below, then use your security key once more.',
    busy: 'Too much is going on just now. Try again shortly.',
  },
  list: {
    title: 'Passkeys and security keys',
    lead: 'A passkey signs you in with your finger, your face or the PIN of your device. A security key is a second factor, used after your password. Neither can be guessed, and they work on no other site.',
    none: 'You have none yet.',
    add: 'Add a passkey',
    addKey: 'Add a security key',
    key: 'security key',
    change: 'Change',
    changeOf: (name: string) => `Change ${name}`,
    made: 'added',
    used: 'last used',
    never: 'never used',
    synced: 'kept in several places',
    back: 'Back to your account',
  },
  add: {
    title: 'Add a passkey',
    lead: 'Give it a name that tells you where it is. Your browser asks for the rest.',
    name: 'Name',
    nameHint: 'For instance: Phone, or the key on my ring.',
    suggestion: 'Passkey',
    button: 'Continue',
    noScript: 'Making a passkey needs a script of this page, and scripts do not run here.',
  },
  addKey: {
    title: 'Add a security key',
    lead: 'For keys that you touch and that ask for nothing else. From then on you are asked for it after your password. Give it a name that tells you which one it is.',
    suggestion: 'Security key',
  },
  change: {
    title: 'Change a passkey or security key',
    rename: 'Keep name',
    removeTitle: 'Remove it',
    removeLead:
      'It will not sign you in here any more. On the device itself it stays until you delete it there, among its passwords.',
    remove: 'Remove',
    back: 'All passkeys and security keys',
  },
  done: {
    added: 'The passkey is yours, and you can sign in with it from now on.',
    'key-added': 'The security key is yours, and you are asked for it after your password from now on.',
    renamed: 'It has its new name.',
    removed: 'It is removed.',
  },
  notNow: 'Not now',
}

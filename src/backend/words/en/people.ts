/** The pages on which administrators look after people. */
export const people = {
  /** On one's own account's page, of who may see them. */
  section: 'People',
  sectionLead: 'You look after the accounts of this service.',
  open: 'Look at them',
  back: 'Your account',

  list: {
    title: 'People',
    lead: 'Everybody who has an account here.',
    find: 'Address or name, or a part of it',
    findButton: 'Find',
    all: 'Show all',
    none: 'Nobody fits.',
    more: 'Show more',
    open: 'Open',
    openOf: (name: string) => `Open ${name}`,
    disabled: 'out of use',
    since: 'since',
    resets: 'Resets of second factors under way',
    effective: 'takes effect',
    resetsLead: 'When its time is over, each of these accounts can be signed in to by its password alone.',
  },

  person: {
    all: 'All people',
    you: 'This is your own account.',
    yours: 'Look after it there',
    unconfirmed: 'address not confirmed',
    since: 'Has an account since',
    confirm: 'To change something here, confirm first that it is you.',
    confirmButton: 'Confirm',
    nothing: 'You may look at this account, and change nothing about it.',
  },

  factors: {
    title: 'Second factors',
    none: 'None is set up.',
    app: 'Authenticator app',
    passkeys: (count: number) => (count === 1 ? '1 passkey' : `${count} passkeys`),
    codes: (count: number) => (count === 1 ? '1 recovery code left' : `${count} recovery codes left`),
    underWay: (when: string) => `All of them will be removed on ${when}, unless that is cancelled.`,
    started: (when: string) => `The reset was started on ${when}.`,
    cancel: 'Cancel the reset',
    resetTitle: 'If all of them are lost',
    reset: 'Start a reset',
    who: 'Make sure, by another way than mail, that it is really this person who asks for it.',
    steps: [
      'They are told by mail at once; of somebody whose role asks for a second factor, all owners are told as well.',
      'A waiting time begins: at least 24 hours, or 72 where a role asks for a second factor.',
      'Until it is over they can cancel it, also by signing in with a factor, and so can you on this page.',
      'Then all their second factors are removed, and they are signed out everywhere. Their password alone signs in, and what a role allows that asks for a second factor stays closed until they have set up a new one.',
    ],
  },

  password: {
    title: 'Password',
    lead: 'They get a mail with a link to choose a new one. Nobody but them sees it, and the one they have works until then.',
    button: 'Send the mail',
  },

  sessions: {
    title: 'Sessions',
    lead: 'They are signed out on all their devices, at once.',
    button: 'End all sessions',
  },

  roles: {
    title: 'Roles',
    none: 'No role.',
    remove: 'Take away',
    removeOf: (role: string) => `Take away the role ${role}`,
    add: 'Another role',
    addButton: 'Give',
  },

  use: {
    title: 'Use of the account',
    on: 'The account is in use.',
    off: 'The account is out of use: nobody can sign in to it.',
    disable: 'Put it out of use',
    disableLead: 'Out of use, nobody can sign in to it, and all its sessions end at once. Nothing is removed.',
    enable: 'Put it back into use',
  },

  done: {
    'reset-started': 'The reset is started, and the mails are on their way.',
    'reset-cancelled': 'The reset is cancelled, and they are told by mail.',
    'password-mail': 'The mail is on its way.',
    'sessions-ended': 'All their sessions have ended.',
    'role-given': 'They have the role now.',
    'role-taken': 'They have the role no more.',
    disabled: 'The account is out of use.',
    enabled: 'The account is in use again.',
  },
}

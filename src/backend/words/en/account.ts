/** The page of one's own account. */
export const account = {
  title: 'Account',
  done: {
    session: 'That session has ended.',
    sessions: 'All your other sessions have ended.',
    password: 'Your password is changed, and you are signed out everywhere else.',
  },
  invitation: {
    before: 'Give this link to one person. It works once, until',
    after: '.',
  },
  sessions: {
    title: 'Where you are signed in',
    endOthers: 'End all others',
    current: 'this one',
    since: 'signed in',
    used: 'last used',
    end: 'End',
    endOf: (device: string) => `End the session of ${device}`,
  },
  /** Where somebody is signed in, as far as their browser says it. */
  devices: {
    other: 'Another program',
    on: (browser: string, system: string) => `${browser} on ${system}`,
  },
  workspaces: {
    title: 'Your workspaces',
    invite: 'Invite somebody',
    current: 'current',
    enter: 'Work here',
    enterOf: (name: string) => `Work in ${name}`,
  },
  password: {
    title: 'Change your password',
    current: 'Current password',
    fresh: 'New password',
    hint: 'At least 15 characters. You are signed out everywhere else.',
    button: 'Change password',
  },
}

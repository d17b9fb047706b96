/** What a person may ask for: what is kept about them, and that it goes. */
export const personalData = {
  section: 'Your data',
  sectionLead: 'Download what is kept about you, or erase your account.',
  link: 'Download or erase',
  keep: 'Keep it',
  title: 'Your data',
  lead: (email: string) => `What is kept about you, ${email}.`,
  download: {
    title: 'Download it',
    lead: 'One JSON file: your account, sessions, devices, factors without their secrets, memberships, events, and everything you own here.',
    button: 'Download my data',
  },
  erase: {
    title: 'Erase your account',
    lead: 'Your account, everything you own here, and the workspaces that nobody else is in are removed at once. Nobody can bring them back.',
    stays:
      'What others own stays, and so do the records of security events, which hold your account’s number and addresses of your devices, and not your name.',
    field: 'Type your e-mail address to confirm',
    button: 'Erase my account',
    wrong: 'That is not the address of this account',
  },
  erased: {
    title: 'Your account is erased',
    lead: 'You are signed out everywhere. A mail confirms it.',
  },
  mail: {
    subject: (service: string) => `Your account at ${service} is erased`,
    title: 'Your account is erased',
    lead: (service: string) =>
      `Your account at ${service} and what you owned there were erased, and you are signed out everywhere.`,
    by: {
      self: 'You, or somebody who was signed in as you and confirmed it, asked for this.',
      operator: 'Whoever runs the service did this.',
    },
    notYours:
      'If this was not what you wanted, tell whoever runs the service. What was erased can not be brought back from the service itself.',
    footer: (service: string) =>
      `You get this because your address belonged to an account at ${service}. It is the last mail about it.`,
  },
}

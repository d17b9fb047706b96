/** Signing in with an outside provider. */
export const openid = {
  signIn: {
    button: (label: string) => `Sign in with ${label}`,
  },
  /** Said after the problem's title; each ends without a full stop. */
  refused: {
    unverified: (label: string) =>
      `${label} does not say that your e-mail address there was verified. Verify it there, or sign in here in another way`,
    taken: (label: string) =>
      `There is an account here with the address that ${label} gave. Sign in to it as you usually do, then add ${label} to it on your account’s page`,
    invitation: 'No account here belongs to it, and new ones are made with an invitation',
    nobody: 'You were signed out meanwhile, or took too long. Sign in, and add it once more',
    elsewhere: (label: string) => `That identity of ${label} belongs to another account here`,
  },
  onward: {
    title: 'One more step',
    lead: 'You are known. Your account asks for a second factor.',
    button: 'Continue',
  },
  account: {
    title: 'Sign-in with other services',
    lead: 'You can sign in here with an account that you have elsewhere. Whoever gets into that one gets in here as well, as far as your second factor lets them.',
    open: 'Look at them',
    back: 'Back to your account',
    none: 'not added',
    linked: 'added',
    used: 'last used',
    never: 'never used',
    add: (label: string) => `Add ${label}`,
    remove: 'Remove',
    removeOf: (label: string) => `Remove ${label}`,
    noPassword: 'An account that was made with another service has no password until you set one.',
    setPassword: 'Set a password by mail',
  },
  link: {
    title: (label: string) => `Add ${label}`,
    lead: (label: string) =>
      `You go to ${label} now, say there who you are, and come back. From then on you can sign in here with it.`,
    button: (label: string) => `Go to ${label}`,
  },
  done: {
    linked: 'It is added, and you can sign in with it from now on.',
    unlinked: 'It is removed.',
  },
  notNow: 'Not now',
}

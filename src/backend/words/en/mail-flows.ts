/** Everything that leads through somebody's mailbox: making an account, a forgotten password, links to sign in with, addresses. */
export const mailFlows = {
  /** The mails. Each of them says what to do, how long the link is good, and what to do if one asked for nothing. */
  mails: {
    once: (length: string) => `The link works once, within ${length}.`,
    hour: 'an hour',
    tenMinutes: 'ten minutes',
    ignore: 'If you did not ask for this, do nothing: without the link nothing happens.',
    footerAsked: (service: string) => `You get this because somebody typed your address at ${service}.`,
    footerAccount: (service: string) => `You get this because your address belongs to an account at ${service}.`,
    signUp: {
      subject: (service: string) => `Make your account at ${service}`,
      title: 'One more step',
      lead: (service: string) => `Open the link to choose a name and a password for your account at ${service}.`,
      button: 'Make my account',
    },
    signUpTaken: {
      subject: (service: string) => `You already have an account at ${service}`,
      title: 'You already have an account',
      lead: (service: string) =>
        `Somebody, perhaps you, wanted to make an account at ${service} with this address. There is one already, so nothing was made.`,
      help: 'Sign in as always. If you forgot your password, choose “Forgot your password?” on that page.',
      button: 'Sign in',
    },
    verify: {
      subject: (service: string) => `Confirm your address at ${service}`,
      title: 'Is this your address?',
      lead: (service: string) => `Open the link to confirm that your account at ${service} can reach you here.`,
      button: 'Confirm my address',
    },
    reset: {
      subject: (service: string) => `Choose a new password at ${service}`,
      title: 'Choose a new password',
      lead: (service: string) => `Somebody, perhaps you, asked for a new password for your account at ${service}.`,
      leadOutgrown: (service: string) =>
        `Somebody, perhaps you, signed in at ${service} with your password. It was long enough beside a second factor, and none is set up any more: choose a longer one. Until then it opens nothing.`,
      leadAdministrator: (service: string) =>
        `An administrator of ${service} asks you to choose a new password for your account. Nobody but you sees it; the one you have works until then.`,
      button: 'Choose a password',
    },
    signIn: {
      subject: (service: string) => `Your link to sign in at ${service}`,
      title: 'Sign in with this link',
      lead: (service: string) =>
        `Open the link to sign in at ${service}. Whoever has it can do so: pass it on to nobody.`,
      button: 'Sign in',
    },
    change: {
      subject: (service: string) => `Confirm your new address at ${service}`,
      title: 'Your new address',
      lead: (service: string) =>
        `Open the link, in a browser in which you are signed in, to use this address for your account at ${service} from now on.`,
      button: 'Use this address',
    },
    changeTaken: {
      subject: (service: string) => `Your address at ${service}`,
      title: 'This address has an account already',
      lead: (service: string) =>
        `Somebody, perhaps you, wanted to use this address for another account at ${service}. It belongs to an account already, so nothing was changed.`,
      button: 'Sign in',
    },
  },

  /** The pages. */
  pages: {
    email: 'E-mail address',
    yourName: 'Your name',
    password: 'Password',
    newPassword: 'New password',
    passwordHint: 'At least 15 characters. A few unrelated words are easy to remember and hard to guess.',
    shorterHint: 'At least 8 characters, since you have a second factor. A few unrelated words are easy to remember.',
    haveAccount: 'I have an account',
    notNow: 'Not now',
    toSignIn: 'Go to the sign-in',
    askAgain: 'Ask for another',
    forAddress: (email: string) => `For ${email}.`,

    mailSent: {
      title: 'Look into your mail',
      lead: 'If the address is right, a mail with a link is on its way. It can take a minute.',
      'sign-up': 'The link leads to a page where you choose your name and password. It works once, within an hour.',
      reset: 'The link leads to a page where you choose a new password. It works once, within an hour.',
      'sign-in': 'The link signs you in. It works once, within ten minutes.',
      email: 'Open the link in the mail to your new address, in this browser. It works once, within an hour.',
      nothing: 'Nothing came? Look among the unwanted mails, and check how you wrote the address.',
    },

    signUp: {
      title: 'Make an account',
      lead: (service: string) => `${service} keeps what is yours to yourself until you share it.`,
      next: 'You get a mail with a link, and choose your password there.',
      button: 'Send me the link',
      byInvitation: 'By invitation',
      invitationOnly: (service: string) =>
        `An account of ${service} is made with an invitation. Ask somebody who is in for a link.`,
    },
    completeSignUp: {
      title: 'Choose your password',
      button: 'Make account',
      again: 'Ask for another link with your address.',
    },
    enrol: {
      title: 'Become the owner',
      lead: 'The account you make here can do everything. The link works once.',
      button: 'Become owner',
      spent: 'While nobody owns this backend, its operator makes another with: holdfast user enrol.',
    },
    invitation: {
      title: 'You are invited',
      lead: (service: string) => `Make an account to join a workspace of ${service}.`,
      join: (service: string) => `Join a workspace of ${service} with the account you are signed in with.`,
      joinButton: 'Join',
      spent: 'Ask whoever invited you for another.',
    },
    spentLink: {
      title: 'This link is not valid',
      why: 'It was used already, its time is over, or a part of it is missing.',
    },

    forgot: 'Forgot your password?',
    byLink: 'Sign in with a link by mail',
    reset: {
      title: 'Forgot your password?',
      lead: 'Type your address, and we send you a link with which you choose a new one.',
      button: 'Send me the link',
    },
    completeReset: {
      title: 'Choose a new password',
      lead: 'You are signed out everywhere. If you have a second factor, you are asked for it next.',
      button: 'Set the password',
      again: 'Ask for another link on the page “Forgot your password?”.',
    },
    signInLink: {
      title: 'Sign in with a link',
      lead: 'Type your address, and we send you a link with which you sign in once, without a password.',
      button: 'Send me the link',
    },
    completeSignInLink: {
      title: 'Sign in',
      lead: 'You opened a link from your mail.',
      button: 'Sign in',
      again: 'Ask for another link with your address.',
    },
    verify: {
      title: 'Confirm your address',
      lead: 'You opened a link from your mail.',
      button: 'Confirm my address',
      done: 'Your address is confirmed.',
      doneBody: 'Thank you. You can close this page.',
      again: 'Sign in and ask for another on your account page.',
      notice: (email: string) => `You have not confirmed yet that you receive mail at ${email}.`,
      send: 'Send me the mail again',
      sent: 'A mail to confirm your address is on its way.',
    },
    change: {
      title: 'Change your address',
      lead: 'You get a mail at the new address, with a link. The old address is told as well.',
      field: 'New e-mail address',
      button: 'Send the mail',
      section: 'Your e-mail address',
      link: 'Change it',
      confirmTitle: 'Use this address',
      confirmLead: (email: string) => `From now on you sign in with ${email}. You are signed out everywhere else.`,
      confirmButton: 'Use this address',
      done: 'Your address is changed, and you are signed out everywhere else.',
      again: 'Ask for another on your account page.',
    },
  },
}

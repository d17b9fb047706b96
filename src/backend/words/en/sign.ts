/** Signing in, and confirming who one is. */
export const sign = {
  title: 'Sign in',
  lead: (service: string) => `Welcome back to ${service}.`,
  email: 'E-mail address',
  password: 'Password',
  button: 'Sign in',
  signUp: 'Make an account',
  /** Of who is known already. */
  passwordWrong: 'The password is wrong',
  confirm: {
    title: 'Confirm',
    heading: 'Is it still you?',
    button: 'Confirm',
    notNow: 'Not now',
  },
}

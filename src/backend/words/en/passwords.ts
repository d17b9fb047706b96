/** Passwords that were long enough beside a second factor, and are not alone. */
export const passwords = {
  beforeLastFactor:
    'Your password is too short to be all that protects your account. Change it to one of at least 15 characters, then remove this factor',
  change:
    'This password was long enough beside a second factor, and there is none any more. We have sent you a mail with a link to choose a longer one',
  changeFirst:
    'Your password was long enough beside a second factor, and there is none any more. Change it to one of at least 15 characters first',
}

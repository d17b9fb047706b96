/** When tries are slowed down, and the proof of work that is asked for while somebody tries many accounts. */
export const challenge = {
  asked: 'Somebody is trying many accounts here just now, so a short proof of work is asked for first',
  working: 'One moment: somebody is trying many accounts here, so your browser does a short piece of work first.',
  still: 'Still working. It takes longer the more accounts are being tried.',
  done: 'Done. Going on.',
  failed: 'Your browser could not do the work. Press the button to try once more, or wait about ten minutes.',
  progress: 'Proof of work',
  noScript:
    'The proof of work is done by a script, and scripts do not run here. Without one, wait and try again in about ten minutes, or use a browser in which you have signed in before.',
  lockMail: (service: string, secondFactor: boolean) =>
    secondFactor
      ? {
          subject: `${service}: too many wrong codes`,
          title: 'Too many wrong codes',
          paragraphs: [
            `Somebody entered 100 wrong codes for your account of ${service}, one after the other, after your password.`,
            'Codes are not accepted from unknown browsers any more. Browsers in which you signed in before, and passkeys, work as always.',
            'If it was not you, somebody knows your password: change it now.',
          ],
          footer: `${service} sends this to whoever has an account when something about it has to be known.`,
        }
      : {
          subject: `${service}: too many wrong passwords`,
          title: 'Too many wrong passwords',
          paragraphs: [
            `Somebody tried to sign in to your account of ${service} with 100 wrong passwords, one after the other.`,
            'Your password is not accepted from unknown browsers any more, until you choose a new one as somebody who forgot it. Browsers in which you signed in before, and passkeys, work as always.',
            'If it was not you, nothing of yours was reached.',
          ],
          footer: `${service} sends this to whoever has an account when something about it has to be known.`,
        },
}

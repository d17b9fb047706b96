import { PROBLEMS, type ProblemCode } from '../../../kernel/refusal.ts'

/** What went wrong, and what there is to do about it, where that is not plain from the title. */
export const problems = {
  /** The API says the same, and says it in English in every language. */
  titles: Object.fromEntries(Object.entries(PROBLEMS).map(([code, { title }]) => [code, title])) as Record<
    ProblemCode,
    string
  >,
  advice: {
    'not-found': 'The address may be mistyped, what was here may be gone, or it is not for you.',
    'authentication-required': 'Sign in in another tab, then go back and send it again: what you wrote is still there.',
    'openid-refused': 'Go back to the sign-in page and try again, or sign in in another way.',
    'cross-site': 'Open this page by itself and try there.',
    'link-invalid': 'It may have been used already, or its time is over.',
  } as Partial<Record<ProblemCode, string>>,
  writtenAnew: 'Go back and change it: what you wrote is still there.',
  mistyped: 'The address is mistyped or cut off.',
  start: 'Go to the start page',
  quote: 'If you ask for help, quote this id:',
}

/** What every page says around its body, in English. */
export const PAGE_WORDS = {
  /** Of all texts of the page, as HTML names languages. */
  language: 'en',
  skip: 'Skip to content',
  navigation: 'Main',
  signIn: 'Sign in',
  signUp: 'Sign up',
  signOut: 'Sign out',
  optional: '(optional)',
  made: 'Made with Holdfast',
}

export type PageWords = typeof PAGE_WORDS

import { coveredBy, wordsAbout } from './context-words.ts'
import { listedForms } from './fold.ts'
import { effectiveLength, repeatedBlock } from './patterns.ts'

/** Why a password can't be accepted. `message` is for the person who chose it, and never quotes it. */
export interface PasswordProblem {
  readonly code: 'too-short' | 'too-long' | 'pattern' | 'contextual' | 'common' | 'breached'
  readonly message: string
}

/** A password someone would like to have, and what must not be in it. */
export interface Candidate {
  /** NFC. */
  readonly password: string
  /** In code points. */
  readonly length: number
  readonly minimum: number
  readonly email: string
  readonly name: string
  readonly serviceName: string
}

export type Rule = (candidate: Candidate) => PasswordProblem | null

/**
 * What is asked of a password, in this order; the first that objects is told. There is deliberately no rule on kinds of
 * characters and no expiry: both make people choose worse passwords.
 *
 * @see NIST SP 800-63B-4 3.1.1.2, ASVS 5.0 V6.2
 */
export const createRules = (
  isCommon: (text: string) => boolean,
): Readonly<Record<'length' | 'pattern' | 'context' | 'common', Rule>> => ({
  length: ({ length, minimum }) => {
    if (length < minimum)
      return problem('too-short', `Use at least ${minimum} characters; several words in a row are fine`)
    return length > LONGEST ? problem('too-long', `Use at most ${LONGEST} characters`) : null
  },

  pattern: ({ password, length, minimum }) => {
    const text = password.toLowerCase()
    const predictable =
      new Set(text).size < FEWEST_DIFFERENT ||
      repeatedBlock(text) < minimum ||
      effectiveLength(text) < (length < SHORT ? 4 : 5)
    return predictable
      ? problem('pattern', 'This repeats itself or follows the keyboard; choose something less regular')
      : null
  },

  context: ({ password, email, name, serviceName }) =>
    coveredBy(password, wordsAbout({ email, name, serviceName }))
      ? problem(
          'contextual',
          'This is made of your name, your address or the name of this service; choose something else',
        )
      : null,

  common: ({ password }) =>
    listedForms(password).some(isCommon)
      ? problem('common', 'This is among the passwords that are tried first; choose something else')
      : null,
})

export type Rules = ReturnType<typeof createRules>

const problem = (code: PasswordProblem['code'], message: string): PasswordProblem => ({ code, message })

/** In code points. More would only cost time; NIST asks for at least 64. */
export const LONGEST = 128
const FEWEST_DIFFERENT = 5
/** Shorter texts have fewer characters that don't follow from the one before: `password` has 4. */
const SHORT = 15

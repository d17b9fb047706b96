import { PROBLEMS, Refusal } from '../../kernel/refusal.ts'
import { type Answer, answer, type BackendDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { page } from '../../platform/html/page.ts'
import type { SignInResult } from '../sign-in.ts'
import type { Words } from '../words/en/index.ts'

/** Puts a body into the application's page, for somebody signed in or a visitor, and has the words that pages are made of. */
export interface Shell {
  (signedIn: boolean, options: ShellOptions): Html
  readonly words: Words
}

export interface ShellOptions {
  readonly title: string
  readonly current: string
  readonly narrow?: boolean
  readonly body: Html
}

export function shellOf(
  { title, navigation, signUp }: Pick<BackendDefinition, 'title' | 'navigation' | 'signUp'>,
  words: Words,
): Shell {
  const shell = (signedIn: boolean, options: ShellOptions): Html =>
    page({
      application: title,
      navigation,
      person: signedIn ? words.frame.account : undefined,
      signUp: signUp === 'open',
      words: words.frame,
      ...options,
    })
  return Object.assign(shell, { words })
}

/**
 * Runs what a form asks for. A refusal the person can do something about comes back as the same form, saying why; anything
 * else goes on to the error page.
 */
export async function orAgain(
  work: () => Promise<Answer>,
  again: (refusal: Refusal) => Html | Promise<Html>,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && FORM_STATUSES.has(error.status)) {
      const { headers, retryAfterSeconds } = error.options
      const wait = retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }
      return answer(error.status, await again(error), { ...headers, ...wait })
    }
    throw error
  }
}

/** Responses a form route declares: onward, or the form again with what is wrong. */
export const FORM_RESPONSES = {
  303: 'redirect',
  400: 'html',
  401: 'html',
  403: 'html',
  409: 'html',
  410: 'html',
  422: 'html',
  429: 'html',
} as const

const FORM_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 409, 410, 422, 429])

/** A path of this origin to go on to; nothing else fits. */
export const ReturnPath = Type.String({ minLength: 1, maxLength: 512, pattern: '^/([!-.0-\\[\\]-~][!-\\[\\]-~]*)?$' })

/** Why a form came back. */
export const problemNotice = (problem: string | undefined): Html | null =>
  problem === undefined ? null : html`<p class="notice warn" role="alert">${problem}.</p>`

/** What was wrong with a form that asks for the password alone, of somebody who is known already. */
export const passwordProblem = (refusal: Refusal, words: Words): string =>
  refusal.code === 'credentials-wrong' ? words.sign.passwordWrong : saidOf(refusal, words)

/** Why a form came back, as people are told: by its code, or by what was said of this case. */
export const saidOf = ({ code, message }: Pick<Refusal, 'code' | 'message'>, words: Words): string =>
  message === PROBLEMS[code].title ? words.problems.titles[code] : message

/** Tells password managers whose password a form asks for. It has no name and is not sent. */
export const whosePassword = (email: string): Html =>
  html`<input type="email" autocomplete="username" value="${email}" readonly hidden>`

/** Where somebody goes on to who has shown a first factor: in, or to the second step. */
export const onwardAfter = (result: SignInResult, then = '/'): Answer =>
  redirect(result.kind === 'signed-in' ? then : '/sign-in/second-factor', result.headers)

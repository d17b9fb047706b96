import { Refusal } from '../../kernel/refusal.ts'
import {
  type Answer,
  answer,
  type BackendDefinition,
  type HandlerContext,
} from '../../platform/declaration/definition.ts'
import { type Html, html } from '../../platform/html/html.ts'
import { page } from '../../platform/html/page.ts'

/** Puts a body into the application's page, for somebody signed in or a visitor. */
export type Shell = (context: Pick<HandlerContext, 'principal'>, options: ShellOptions) => Html

export interface ShellOptions {
  readonly title: string
  readonly current: string
  readonly narrow?: boolean
  readonly body: Html
}

export const shellOf =
  (definition: Pick<BackendDefinition, 'title' | 'navigation'>): Shell =>
  (context, options) =>
    page({
      application: definition.title,
      navigation: definition.navigation,
      person: context.principal === null ? undefined : 'Account',
      ...options,
    })

/**
 * Runs what a form asks for. A refusal the person can do something about comes back as the same form, saying why; anything
 * else goes on to the error page.
 */
export async function orAgain(
  work: () => Promise<Answer>,
  again: (problem: string) => Html | Promise<Html>,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal && FORM_STATUSES.has(error.status))
      return answer(error.status, await again(error.message))
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
} as const

const FORM_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 409, 410, 422])

export const problemNotice = (problem: string | undefined): Html | null =>
  problem === undefined ? null : html`<p class="notice warn" role="alert">${problem}.</p>`

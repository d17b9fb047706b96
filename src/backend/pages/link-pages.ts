import type { Refusal } from '../../kernel/refusal.ts'
import type { Access } from '../../kernel/surface.ts'
import { type Answer, answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { type Static, type TSchema, Type } from '../../platform/declaration/index.ts'
import type { Html } from '../../platform/html/html.ts'
import { type BuiltInContext, builtIn, Email, Token, type Who } from '../routes/route.ts'
import { spentLink } from './mail-forms.ts'
import { type MailFlow, mailSentPath } from './mail-sent-page.ts'
import { FORM_RESPONSES, orAgain, type Shell } from './shell.ts'

/** The request of somebody who looks at a page. */
export type Visit<A extends Access> = BuiltInContext<unknown, unknown, unknown, Who<A>>

/** Why a form came back, and what was sent with it. */
export interface Again<Sent> {
  readonly refusal: Refusal
  /** `undefined` where nothing was: the page was only looked at. */
  readonly sent: Sent | undefined
}

/** What somebody asks for a mail with. */
export interface Asking<A extends Access> {
  readonly path: string
  readonly access: A
  /** What the mail is for: the page that comes next says so. */
  readonly flow: MailFlow
  readonly form: (visit: Visit<A>, again?: { readonly email: string; readonly refusal: Refusal }) => Html
  readonly ask: (email: string, visit: Visit<A>) => Promise<void>
}

/** A form for an address, and what takes it: the same comes next whether or not a mail was sent. */
export const askingPages = <const A extends Access>({
  path,
  access,
  flow,
  form,
  ask,
}: Asking<A>): readonly RouteDefinition[] => [
  builtIn({
    method: 'GET',
    path,
    access,
    response: { 200: 'html' },
    examples: () => ({}),
    handler: (context) => form(context),
  }),
  builtIn({
    method: 'POST',
    path,
    access,
    accepts: 'form',
    body: Address,
    response: FORM_RESPONSES,
    examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
    handler: (context) =>
      orAgain(
        async () => {
          await ask(context.body.email, context)
          return redirect(mailSentPath(flow))
        },
        (refusal) => form(context, { ...context.body, refusal }),
      ),
  }),
]

/** What a link leads to. */
export interface LinkPages<A extends Access, B extends TSchema> {
  /** Ends in `/:token`. */
  readonly path: string
  readonly access: A
  /** What the form is filled in with. Absent: it is a button. */
  readonly body?: B
  readonly title: string
  /** Of a link that is not good: what to do, and the page to do it on. */
  readonly spent: { readonly advice: string; readonly page: string }
  /** Looks at the link, which stays good, and gives the form. @throws Refusal `link-invalid`. */
  readonly form: (visit: Visit<A>, token: string, again?: Again<Static<B>>) => Html | Promise<Html>
  /** Uses it up. @throws Refusal `link-invalid`. */
  readonly use: (sent: Static<B>, token: string, visit: Visit<A>) => Promise<Answer>
  /** Beside {@link FORM_RESPONSES}. */
  readonly response?: Readonly<Record<number, 'html'>>
  /** Why examples are refused. Default: it was sent by mail. */
  readonly onlyRefusals?: string
}

/**
 * Pages of links: to look at one does nothing, since mail programs open links to look at them; only what is sent from the page uses
 * it up. For one that is not good, both say so in place of the form.
 */
export function linkPages<const A extends Access, B extends TSchema = TSchema>(
  shell: Shell,
  { path, access, body, title, spent, form, use, response, onlyRefusals = ONLY_BY_MAIL }: LinkPages<A, B>,
): readonly RouteDefinition[] {
  const page = async (visit: Visit<A>, token: string, again?: Again<Static<B>>): Promise<Html> =>
    again?.refusal.code === 'link-invalid'
      ? narrowIn(shell)(visit, title, spentLink(shell.words.mailFlows.pages, spent.advice, spent.page))
      : form(visit, token, again)

  return [
    builtIn({
      method: 'GET',
      path,
      access,
      params: TokenParams,
      response: { 200: 'html', 410: 'html' },
      onlyRefusals,
      examples: () => NO_TOKEN,
      handler: (context) =>
        orAgain(
          async () => answer(200, await page(context, context.params.token)),
          (refusal) => page(context, context.params.token, { refusal, sent: undefined }),
        ),
    }),
    builtIn<typeof TokenParams, TSchema, B, A>({
      method: 'POST',
      path,
      access,
      params: TokenParams,
      ...(body === undefined ? { examples: () => NO_TOKEN } : { accepts: 'form', body }),
      response: { ...FORM_RESPONSES, ...response },
      onlyRefusals,
      handler: (context) =>
        orAgain(
          () => use(context.body, context.params.token, context),
          (refusal) => page(context, context.params.token, { refusal, sent: context.body }),
        ),
    }),
  ]
}

/** Puts what people do one thing on into the narrow page. */
export const narrowIn =
  (shell: Shell) =>
  ({ principal }: Pick<Visit<Access>, 'principal'>, title: string, body: Html, current = ''): Html =>
    shell(principal !== null, { title, current, narrow: true, body })

const closed = { additionalProperties: false } as const
export const Address = Type.Object({ email: Email }, closed)
export const TokenParams = Type.Object({ token: Token }, closed)
/** A link nobody has. */
export const NO_TOKEN = { params: { token: 'A'.repeat(43) } } as const
const ONLY_BY_MAIL = 'works once, with a link that was sent by mail'

import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { Accounts } from '../accounts.ts'
import { builtIn, done, Email, Name, Password, PUBLIC, RECENTLY, SIGNED_IN, signedInWith, Token } from './route.ts'
import { SignInReply, signInReply } from './sign-in-reply.ts'

const closed = { additionalProperties: false } as const
/** Whoever changes how an account is signed in to has proved whose it is within this time. */
const RECENT = signedInWith(RECENTLY)

/** The answer to everybody who asks for a mail, whether or not one is sent. */
const Mailed = Type.Object({ next: Type.Literal('mail') }, closed)
const MAILED = answer(202, { next: 'mail' } as const)

const ONLY_BY_MAIL = 'works once, with a link that was sent by mail'
const NO_TOKEN = 'A'.repeat(43)

/** What leads through somebody's mailbox: making an account, a forgotten password, links to sign in with, addresses. */
export function mailRoutes(accounts: Accounts): readonly RouteDefinition[] {
  return [...newAccountRoutes(accounts), ...linkRoutes(accounts), ...addressRoutes(accounts)]
}

const newAccountRoutes = ({ made }: Accounts): readonly RouteDefinition[] => [
  builtIn({
    method: 'POST',
    path: '/auth/sign-up',
    access: PUBLIC,
    body: Type.Object({ email: Email, invitation: Type.Optional(Token) }, closed),
    response: { 202: Mailed },
    examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
    handler: async (context) => {
      await made.ask(context.body, context)
      return MAILED
    },
  }),
  builtIn({
    method: 'POST',
    path: '/auth/sign-up/complete',
    access: PUBLIC,
    body: Type.Object({ token: Token, name: Name, password: Password }, closed),
    response: { 200: SignInReply, 201: SignInReply },
    onlyRefusals: ONLY_BY_MAIL,
    examples: ({ unique }) => ({
      body: { token: NO_TOKEN, name: 'New Person', password: `lantern ${unique()} gravel` },
    }),
    handler: async (context) => signInReply(await made.complete(context.body, context), 201),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/enrol',
    access: PUBLIC,
    body: Type.Object({ token: Token, email: Email, name: Name, password: Password }, closed),
    response: { 200: SignInReply, 201: SignInReply },
    onlyRefusals: 'works once, with the link printed at the first start',
    examples: ({ unique }) => ({
      body: {
        token: NO_TOKEN,
        email: `${unique()}@example.test`,
        name: 'First Owner',
        password: `lantern ${unique()} gravel`,
      },
    }),
    handler: async (context) => signInReply(await made.enrol(context.body, context), 201),
  }),
]

const linkRoutes = ({ resets, signInLinks }: Accounts): readonly RouteDefinition[] => [
  builtIn({
    method: 'POST',
    path: '/auth/reset',
    access: PUBLIC,
    body: Type.Object({ email: Email }, closed),
    response: { 202: Mailed },
    examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
    handler: async (context) => {
      await resets.ask(context.body.email, context)
      return MAILED
    },
  }),
  builtIn({
    method: 'POST',
    path: '/auth/reset/complete',
    access: PUBLIC,
    body: Type.Object({ token: Token, password: Password }, closed),
    response: { 200: SignInReply },
    onlyRefusals: ONLY_BY_MAIL,
    examples: ({ unique }) => ({ body: { token: NO_TOKEN, password: `lantern ${unique()} gravel` } }),
    handler: async (context) => signInReply(await resets.complete(context.body, context)),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/sign-in-link',
    access: PUBLIC,
    body: Type.Object({ email: Email }, closed),
    response: { 202: Mailed },
    examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
    handler: async (context) => {
      await signInLinks.ask(context.body.email, context)
      return MAILED
    },
  }),
  builtIn({
    method: 'POST',
    path: '/auth/sign-in-link/complete',
    access: PUBLIC,
    body: Type.Object({ token: Token }, closed),
    response: { 200: SignInReply },
    onlyRefusals: ONLY_BY_MAIL,
    examples: () => ({ body: { token: NO_TOKEN } }),
    handler: async (context) => signInReply(await signInLinks.complete(context.body.token, context)),
  }),
]

const addressRoutes = ({ addresses }: Accounts): readonly RouteDefinition[] => [
  builtIn({
    method: 'POST',
    path: '/auth/verify',
    access: PUBLIC,
    body: Type.Object({ token: Token }, closed),
    response: { 204: 'empty' },
    onlyRefusals: ONLY_BY_MAIL,
    examples: () => ({ body: { token: NO_TOKEN } }),
    handler: (context) => done(addresses.verify(context.body.token, context)),
  }),
  builtIn({
    method: 'POST',
    path: '/auth/verify/send',
    access: SIGNED_IN,
    response: { 202: Mailed },
    onlyRefusals: 'sends a mail each time, of which an address gets few',
    examples: () => ({}),
    handler: async (context) => {
      await addresses.sendVerification(context)
      return MAILED
    },
  }),
  builtIn({
    method: 'POST',
    path: '/auth/email',
    access: RECENT,
    body: Type.Object({ email: Email }, closed),
    response: { 202: Mailed },
    examples: ({ unique }) => ({ body: { email: `${unique()}@example.test` } }),
    handler: async (context) => {
      await addresses.askForChange(context.body.email, context)
      return MAILED
    },
  }),
  builtIn({
    method: 'POST',
    path: '/auth/email/complete',
    access: SIGNED_IN,
    body: Type.Object({ token: Token }, closed),
    response: { 204: 'empty' },
    onlyRefusals: ONLY_BY_MAIL,
    examples: () => ({ body: { token: NO_TOKEN } }),
    handler: async (context) => answer(204, undefined, await addresses.change(context.body.token, context)),
  }),
]

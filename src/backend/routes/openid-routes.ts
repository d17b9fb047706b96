import { answer, type RouteDefinition, redirect } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { Departure, OpenIdSignIn } from '../openid.ts'
import { onwardPage } from '../pages/openid-parts.ts'
import { ReturnPath, type Shell } from '../pages/shell.ts'
import { builtIn, done, PUBLIC, RECENTLY, SIGNED_IN, signedInWith, Timestamp, Token } from './route.ts'

const closed = { additionalProperties: false } as const
const ProviderId = Type.String({ minLength: 1, maxLength: 60, pattern: '^[a-z][a-z0-9-]{0,59}$' })
export const Provider = Type.Object({ provider: ProviderId }, closed)

/** Whoever changes how an account is signed in to has proved whose it is within this time. */
export const RECENT = signedInWith(RECENTLY)
export const NO_IDENTITY = 'takes the word of a provider, which no example can give'

/** The way to a provider and back, and what one has linked. There are none where no provider is configured. */
export function openIdRoutes(openid: OpenIdSignIn, shell: Shell): readonly RouteDefinition[] {
  const [first] = openid.providers
  if (first === undefined) return []
  const example = { params: { provider: first.id } }
  return [
    builtIn({
      method: 'GET',
      path: '/auth/openid/:provider/start',
      access: PUBLIC,
      params: Provider,
      query: Type.Object({ next: Type.Optional(ReturnPath) }, closed),
      response: { 303: 'redirect-out' },
      examples: () => example,
      handler: async (context) => out(await openid.start(context.params.provider, context.query.next, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/auth/openid/:provider/link',
      access: RECENT,
      params: Provider,
      query: Type.Object({ ticket: Token }, closed),
      response: { 303: 'redirect-out' },
      onlyRefusals: 'takes a ticket of the page before it',
      examples: () => ({ ...example, query: { ticket: 'A'.repeat(43) } }),
      handler: async (context) => out(await openid.startLink(context.params.provider, context.query.ticket, context)),
    }),
    builtIn({
      method: 'GET',
      path: '/auth/openid/:provider/callback',
      access: PUBLIC,
      params: Provider,
      query: Answer,
      response: { 200: 'html', 303: 'redirect' },
      onlyRefusals: NO_IDENTITY,
      examples: () => ({ ...example, query: { code: 'A', state: 'A' } }),
      handler: async (context) => {
        const arrival = await openid.arrive(context.params.provider, context.query, context)
        if (arrival.kind === 'linked') return redirect('/account/openid?done=linked', arrival.headers)
        const { result, next } = arrival
        if (result.kind === 'signed-in') return redirect(next ?? '/', result.headers)
        // Not a redirect: browsers would take it for a part of the way from the other site, and keep the `Strict` cookie of the
        // half-finished sign-in to themselves.
        const to = next === null ? SECOND_STEP : `${SECOND_STEP}?next=${encodeURIComponent(next)}`
        return answer(200, onwardPage(shell, to), { ...result.headers, refresh: `0; url=${to}` })
      },
    }),
    builtIn({
      method: 'GET',
      path: '/auth/openid',
      access: SIGNED_IN,
      response: {
        200: Type.Object(
          {
            providers: Type.Array(
              Type.Object(
                {
                  id: ProviderId,
                  label: Type.String({ maxLength: 100 }),
                  linkedAt: Type.Union([Timestamp, Type.Null()]),
                  usedAt: Type.Union([Timestamp, Type.Null()]),
                },
                closed,
              ),
              { maxItems: 10 },
            ),
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: async (context) => ({ providers: await openid.list(context) }),
    }),
    builtIn({
      method: 'DELETE',
      path: '/auth/openid/:provider',
      access: RECENT,
      params: Provider,
      response: { 204: 'empty' },
      onlyRefusals: NO_IDENTITY,
      examples: () => example,
      handler: (context) => done(openid.unlink(context.params.provider, context)),
    }),
  ]
}

const out = ({ location, headers }: Departure) => answer(303, undefined, { ...headers, location })

const part = (maxLength: number) => Type.Optional(Type.String({ maxLength }))

/** What providers send browsers back with: RFC 6749, RFC 9207, and what some add. */
const Answer = Type.Object(
  {
    code: part(4096),
    state: part(200),
    iss: part(500),
    error: part(200),
    error_description: part(2000),
    error_uri: part(2000),
    scope: part(2000),
    session_state: part(500),
    authuser: part(100),
    prompt: part(100),
    hd: part(300),
  },
  closed,
)
const SECOND_STEP = '/sign-in/second-factor'

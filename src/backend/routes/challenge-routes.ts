import type { Guessing } from '../../checklist/authentication/enumeration-and-brute-force/index.ts'
import { answer, type RouteDefinition } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import { builtIn, PUBLIC } from './route.ts'

const closed = { additionalProperties: false } as const
const Hex16 = Type.String({ minLength: 32, maxLength: 32, pattern: '^[0-9a-f]{32}$' })

/** Where a proof of work is got from, by the pages' script and by other clients. */
export function challengeRoutes(guessing: Pick<Guessing, 'challenge'>): readonly RouteDefinition[] {
  return [
    builtIn({
      method: 'GET',
      path: '/auth/challenge',
      access: PUBLIC,
      response: {
        200: Type.Object(
          {
            // Whether it has to be solved just now; not from known devices.
            asked: Type.Boolean(),
            challenge: Type.Object(
              {
                parameters: Type.Object(
                  {
                    algorithm: Type.Literal('PBKDF2/SHA-256'),
                    nonce: Hex16,
                    salt: Hex16,
                    cost: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
                    keyLength: Type.Integer({ minimum: 16, maximum: 64 }),
                    keyPrefix: Type.String({ minLength: 1, maxLength: 8, pattern: '^[0-9a-f]+$' }),
                    expiresAt: Type.Integer({ minimum: 0 }),
                  },
                  closed,
                ),
                signature: Type.String({ minLength: 64, maxLength: 64, pattern: '^[0-9a-f]{64}$' }),
              },
              closed,
            ),
          },
          closed,
        ),
      },
      examples: () => ({}),
      handler: async (context) => answer(200, await guessing.challenge(context.cookie('__Host-device'))),
    }),
  ]
}

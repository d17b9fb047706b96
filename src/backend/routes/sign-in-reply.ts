import { type Answer, answer } from '../../platform/declaration/definition.ts'
import { Type } from '../../platform/declaration/index.ts'
import type { SignInResult } from '../sign-in.ts'
import { Account } from './route.ts'

const closed = { additionalProperties: false } as const

/** What every way of signing in answers: a session, or what the second step may be. */
export const SignInReply = Type.Union([
  Type.Object({ next: Type.Literal('done'), account: Account }, closed),
  Type.Object(
    {
      next: Type.Literal('second-factor'),
      factors: Type.Array(Type.Union([Type.Literal('totp'), Type.Literal('passkey'), Type.Literal('recovery-code')]), {
        maxItems: 3,
      }),
    },
    closed,
  ),
])

/** @param status - of a session; the second step is always announced with 200. */
export function signInReply(result: SignInResult, status: 200 | 201 = 200): Answer {
  if (result.kind === 'signed-in') return answer(status, { next: 'done', account: result.account }, result.headers)
  const { totp, passkeys, recoveryCodes } = result.factors
  const factors = [
    ...(totp ? ['totp'] : []),
    ...(passkeys > 0 ? ['passkey'] : []),
    ...(recoveryCodes > 0 ? ['recovery-code'] : []),
  ]
  return answer(200, { next: 'second-factor', factors }, result.headers)
}

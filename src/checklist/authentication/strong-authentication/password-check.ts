import { Refusal } from '../../../kernel/refusal.ts'
import type { PasswordProblem } from './rules.ts'
import type { Parts, PreparedPassword, StrongAuthentication } from './strong-authentication.ts'

/** Which passwords are accepted. */
export function createPasswordCheck(parts: Parts): Pick<StrongAuthentication, 'checkPassword' | 'preparePassword'> {
  const checkPassword: StrongAuthentication['checkPassword'] = async (
    secret,
    { email, name, secondFactor = false },
  ) => {
    const password = secret.release().normalize('NFC')
    const minimum = secondFactor ? parts.minimum.withSecondFactor : parts.minimum.alone
    // By code points: a character outside the basic plane is one character to who types it.
    const candidate = { password, length: [...password].length, minimum, email, name, serviceName: parts.serviceName }
    const { length, pattern, context, common } = parts.rules
    for (const rule of [length, pattern, context, common]) {
      const problem = rule(candidate)
      if (problem !== null) return problem
    }
    return seenInBreaches(secret)
  }

  /** The filter has already decided; the service can only add a refusal, and its silence none. */
  const seenInBreaches = async (secret: Parameters<typeof checkPassword>[0]): Promise<PasswordProblem | null> => {
    if (parts.breachService === undefined) return null
    try {
      const count = await parts.breachService(secret)
      return count > 0
        ? { code: 'breached', message: 'This is known from a breach of another service; choose something else' }
        : null
    } catch {
      parts.events.report({ name: 'sys_error', result: 'failure', fields: { problem: 'breach-service-unavailable' } })
      return null
    }
  }

  return {
    checkPassword,
    async preparePassword(secret, owner, origin = {}): Promise<PreparedPassword> {
      const problem = await checkPassword(secret, owner)
      if (problem !== null) {
        parts.events.report({
          name: 'authn_password_refused',
          result: 'failure',
          fields: { reason: problem.code },
          ...origin,
        })
        throw new Refusal('password-refused', problem.message, {
          fields: [{ at: 'body/password', problem: problem.message }],
        })
      }
      return { ...(await parts.hasher.hash(secret, parts.parameters)), prepared: true }
    },
  }
}

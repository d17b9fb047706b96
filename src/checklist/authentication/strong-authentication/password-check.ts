import { Refusal } from '../../../kernel/refusal.ts'
import type { Secret } from '../../../kernel/secret.ts'
import { whoAsks } from './asker.ts'
import { createBreachCheck } from './breach-check.ts'
import type { Candidate, PasswordProblem, Rules } from './rules.ts'
import type { Parts, PasswordOwner, PreparedPassword, StrongAuthentication } from './strong-authentication.ts'

/** What the rules say of a password, the first that objects. @returns `null` where none does. */
export function judge(rules: Rules, of: Omit<Candidate, 'length'>): PasswordProblem | null {
  // By code points: a character outside the basic plane is one character to who types it.
  const candidate = { ...of, length: [...of.password].length }
  for (const rule of [rules.length, rules.pattern, rules.context, rules.common]) {
    const problem = rule(candidate)
    if (problem !== null) return problem
  }
  return null
}

/** Which passwords are accepted. */
export function createPasswordCheck(parts: Parts): Pick<StrongAuthentication, 'checkPassword' | 'preparePassword'> {
  const seenInBreaches = createBreachCheck(parts)
  const against = (secret: Secret, { email, name }: PasswordOwner, secondFactor: boolean): PasswordProblem | null => {
    const minimum = secondFactor ? parts.minimum.withSecondFactor : parts.minimum.alone
    const { rules, serviceName } = parts
    return judge(rules, { password: secret.release().normalize('NFC'), minimum, email, name, serviceName })
  }

  const checkPassword: StrongAuthentication['checkPassword'] = async (secret, owner) => {
    const problem = against(secret, owner, owner.secondFactor === true)
    return problem ?? (await seenInBreaches(secret.release().normalize('NFC')))
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
      const hash = await parts.hasher.hash(secret, parts.parameters, whoAsks(origin))
      return {
        ...hash,
        standsAlone: owner.secondFactor !== true || against(secret, owner, false) === null,
        prepared: true,
      }
    },
  }
}

/** Finds secrets in text. Pure: what is read and from where is the caller's. */

export interface Finding {
  /** Which kind of secret. */
  readonly rule: string
  /** From 1 on. */
  readonly line: number
}

/**
 * Looks for secrets of known form, and for values that look random where a name says that they are one. What is written for
 * documentation (reserved host names, `EXAMPLE`, template placeholders) is not one.
 */
export function scanForSecrets(text: string): readonly Finding[] {
  const findings: Finding[] = []
  for (const { rule, pattern, isReal } of RULES) {
    for (const match of text.matchAll(pattern)) {
      if (isReal(match)) findings.push({ rule, line: lineOf(text, match.index) })
      if (findings.length >= MOST) return findings
    }
  }
  return findings
}

const MOST = 100

interface Rule {
  readonly rule: string
  readonly pattern: RegExp
  readonly isReal: (match: RegExpMatchArray) => boolean
}

const always = (): boolean => true
const whole = (match: RegExpMatchArray): boolean => !/EXAMPLE/i.test(match[0])
const looksRandom = (match: RegExpMatchArray): boolean => isRandom(match.groups?.value ?? '')

// Every repetition is bounded or followed by what it can't match itself: no input makes these slow.
const RULES: readonly Rule[] = [
  {
    rule: 'private key',
    pattern: /-----BEGIN (?:[A-Z0-9]{1,20} ){0,2}PRIVATE KEY-----(?:\\n|[\s"'+,>|])*[A-Za-z0-9+/=]{40}/g,
    isReal: always,
  },
  { rule: 'AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, isReal: whole },
  {
    rule: 'AWS secret key',
    pattern: /aws.{0,20}secret.{0,20}[=:]\s{0,4}["']?(?<value>[A-Za-z0-9+/]{40})\b/gi,
    isReal: (match) => whole(match) && looksRandom(match),
  },
  { rule: 'GitHub token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{60}/g, isReal: whole },
  { rule: 'GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20}/g, isReal: whole },
  { rule: 'Slack token', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{20}/g, isReal: whole },
  {
    rule: 'Slack hook',
    pattern: /hooks\.slack\.com\/services\/T[A-Z0-9]{6,12}\/B[A-Z0-9]{6,12}\/[A-Za-z0-9]{20}/g,
    isReal: always,
  },
  { rule: 'Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{20}/g, isReal: whole },
  { rule: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b|_authToken=["']?[A-Za-z0-9-]{30}/g, isReal: whole },
  { rule: 'Google key', pattern: /\bAIza[A-Za-z0-9_-]{35}/g, isReal: whole },
  {
    rule: 'JSON web token',
    pattern: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20}/g,
    isReal: always,
  },
  {
    rule: 'database URL with a password',
    pattern:
      /\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:@/"'`]{0,63}:(?<value>[^\s@/"'`]{3,200})@(?<host>[^\s/"'`:?]{1,253})/g,
    isReal: ({ groups }) => isHidden(groups?.value ?? '') && !isReserved(groups?.host ?? ''),
  },
  {
    rule: 'assigned secret',
    pattern:
      /(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credential)s?["']?\s{0,4}[:=]\s{0,4}["'`](?<value>[^"'`\s]{16,200})["'`]/gi,
    isReal: looksRandom,
  },
  {
    rule: 'secret in an environment file',
    pattern:
      /^[A-Z0-9_]{0,60}(?:PASSWORD|SECRET|TOKEN|APIKEY|API_KEY|PRIVATE_KEY|PEPPER)[A-Z0-9_]{0,60}=["']?(?<value>[^\s"'`]{16,200})["']?$/gm,
    isReal: looksRandom,
  },
]

/** What everybody knows is a default password, tried on every door by another claim, and no secret. */
const isHidden = (value: string): boolean =>
  !/[${}<>*]|\.\.\./.test(value) &&
  !/^(pass(word|wd)?\d{0,4}|secret|changeme|hunter2|postgres|admin|root|user|test|example)$/i.test(value)

/** Names kept for documentation and for this machine: RFC 2606, RFC 6761. */
const isReserved = (host: string): boolean =>
  /(^|\.)(example|test|invalid|localhost)(\.(com|net|org))?$/i.test(host) ||
  /^(127\.|\[::1\])/.test(host) ||
  /[${<]/.test(host)

/** Whether a value was drawn rather than written: several kinds of characters, no words, few repetitions. */
function isRandom(value: string): boolean {
  if (/[${}<>()]|EXAMPLE/.test(value) || /[a-z]{9}|[A-Z]{9}/.test(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(value)).length
  if (kinds < 2 || !/[0-9]/.test(value)) return false
  return entropy(value) >= 3.3 && new Set(value).size >= 10
}

/** Bits a character, from how often each occurs. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0)
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

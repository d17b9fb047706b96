import { createRules, judge, openFilter } from '../checklist/authentication/strong-authentication/index.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { readArguments } from './arguments.ts'

/** `holdfast passwords check`. @returns the exit code. @throws StartRefusal. */
export async function checkPassword(argv: readonly string[]): Promise<number> {
  const { values } = readArguments(argv, {
    command: 'passwords',
    options: {
      filter: { type: 'string' },
      'second-factor': { type: 'boolean', default: false },
      email: { type: 'string', default: '' },
      name: { type: 'string', default: '' },
      service: { type: 'string', default: '' },
    },
    most: 0,
  })
  const rules = createRules(openFilter(values.filter ?? process.env.HOLDFAST_PASSWORD_FILTER))
  const password = process.stdin.isTTY ? await typed() : await firstLine()
  const { email, name, service: serviceName } = values
  const problem = judge(rules, {
    password: password.normalize('NFC'),
    minimum: values['second-factor'] ? 8 : 15,
    email,
    name,
    serviceName,
  })
  process.stdout.write(problem === null ? 'accepted\n' : `refused (${problem.code}): ${problem.message}\n`)
  return problem === null ? 0 : 1
}

/** A line at the terminal that nobody sees. */
async function typed(): Promise<string> {
  const { stdin, stderr } = process
  stderr.write('Password: ')
  stdin.setRawMode(true)
  let text = ''
  try {
    for await (const chunk of stdin.setEncoding('utf8') as AsyncIterable<string>) {
      for (const key of chunk) {
        if (key === '\r' || key === '\n') return text
        if (key === '\u0003' || key === '\u0004') throw new StartRefusal('passwords check', 'nothing was typed')
        text = key === '\u007f' ? [...text].slice(0, -1).join('') : text + key
        if (text.length > LONGEST_LINE) throw TOO_LONG()
      }
    }
    return text
  } finally {
    stdin.setRawMode(false)
    stderr.write('\n')
  }
}

async function firstLine(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    const end = text.indexOf('\n')
    if (end !== -1) return text.slice(0, end).replace(/\r$/, '')
    if (text.length > LONGEST_LINE) throw TOO_LONG()
  }
  return text
}

const LONGEST_LINE = 10_000
const TOO_LONG = (): StartRefusal => new StartRefusal('passwords check', 'the line is too long for a password')

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readArguments } from './arguments.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { dev } from './dev.ts'
import { explain } from './explain.ts'
import { migrateCommand } from './migrate.ts'
import { sabotage } from './sabotage.ts'
import { start } from './start.ts'
import { user } from './user.ts'

/** The command, its options that take a value once, those that take none, and arguments that are one too many. */
const COMMANDS: readonly {
  readonly name: string
  readonly command: Command
  readonly valued: readonly string[]
  readonly flags: readonly string[]
  readonly tooMany: readonly (readonly string[])[]
}[] = [
  {
    name: 'check',
    command: check,
    valued: ['state', 'write'],
    flags: ['original', 'verbose', 'json', 'markdown', 'html', 'sarif', 'junit'],
    tooMany: [['backend.ts', 'extra']],
  },
  {
    name: 'sabotage',
    command: sabotage,
    valued: ['state'],
    flags: ['verbose', 'json'],
    tooMany: [['backend.ts', 'extra']],
  },
  {
    name: 'dev',
    command: dev,
    valued: ['state', 'port', 'http-port'],
    flags: ['no-watch'],
    tooMany: [['backend.ts', 'extra']],
  },
  { name: 'start', command: start, valued: [], flags: [], tooMany: [['backend.ts', 'extra']] },
  {
    name: 'migrate',
    command: migrateCommand,
    valued: ['state'],
    flags: [],
    tooMany: [
      ['backend.ts', 'extra'],
      ['new', 'add_tags', 'backend.ts', 'extra'],
    ],
  },
  {
    name: 'user',
    command: user,
    valued: ['state'],
    flags: [],
    tooMany: [
      ['enrol', 'backend.ts', 'extra'],
      ['grant', 'ada@example.org', 'auditor', 'backend.ts', 'extra'],
    ],
  },
  {
    name: 'explain',
    command: explain,
    valued: [],
    flags: ['json'],
    tooMany: [['server/error-handling', 'extra']],
  },
]

for (const { name, command, valued, flags, tooMany } of COMMANDS) {
  suite(`${name} refuses`, () => {
    const cases: readonly (readonly [argv: readonly string[], problem: string])[] = [
      [['--colour'], 'there is no option --colour'],
      [['--colour=red'], 'there is no option --colour'],
      [['-x'], 'there is no option -x'],
      [['--__proto__'], 'there is no option --__proto__'],
      [[''], 'an argument is empty'],
      ...valued.flatMap((option) => [
        [[`--${option}`], `--${option} needs a value`] as const,
        [[`--${option}=`], `--${option} needs a value`] as const,
        [[`--${option}`, ' '], `--${option} needs a value`] as const,
        [[`--${option}`, '--help-me'], `--${option} needs a value`] as const,
        [[`--${option}=1`, 'backend.ts', `--${option}`, '2'], `--${option} is given twice`] as const,
      ]),
      ...flags.flatMap((option) => [
        [[`--${option}=yes`], `--${option} takes no value`] as const,
        [[`--${option}`, `--${option}`], `--${option} is given twice`] as const,
        [[`--no-${option}`], `there is no option --no-${option}`] as const,
      ]),
      ...tooMany.map((argv) => [argv, 'extra is one argument too many'] as const),
      ...tooMany.map((argv) => [['--', ...argv], 'extra is one argument too many'] as const),
    ]
    for (const [argv, problem] of cases) {
      test(JSON.stringify(argv.join(' ')), async () => {
        const message = `${name}: ${problem}; see holdfast ${name} --help`
        await assert.rejects(async () => command.run(argv), { name: 'StartRefusal', message })
      })
    }
  })
}

suite('what commands ask for is said in one line:', () => {
  const cases: readonly (readonly [command: Command, argv: readonly string[], message: RegExp])[] = [
    [check, ['--json', '--html'], /^--html: standard output can hold one form; --json was asked for too$/],
    [check, ['nowhere.ts'], /^nowhere\.ts: there is no such file/],
    [check, ['--item'], /^check: --item needs a value/],
    [sabotage, ['--section='], /^sabotage: --section needs a value/],
    [explain, [], /^explain: name one of the items: authentication\//],
    [
      explain,
      ['least-privilege'],
      /^least-privilege: is no item; perhaps api\/least-privilege, or database\/least-privilege$/,
    ],
    [explain, ['database/backups'], /^database\/backups: is no item; perhaps database\/backup-and-restore$/],
    [explain, ['xyz'], /^xyz: name one of the items: authentication\//],
    [migrateCommand, ['new'], /^migrate new: needs a name/],
    [migrateCommand, ['new', 'Wrong Name'], /^migrate new: needs a name/],
    [migrateCommand, ['new', 'add_tags', '--state', 'x'], /^--state: a new migration is made without/],
    [user, [], /^user: say what: /],
    [user, ['remove', 'a', 'b', 'c', 'd', 'e'], /^user: say what: /],
    [user, ['grant', 'ada@example.org'], /^user grant: needs an address and a role/],
  ]
  for (const [command, argv, message] of cases) {
    test(`${message}`, () => assert.rejects(async () => command.run(argv), { name: 'StartRefusal', message }))
  }
})

test('what may be given several times keeps all values, and options may stand anywhere', () => {
  const { values, positionals } = readArguments(['--item', 'a/b', 'backend.ts', '--item=c/d', '--', '--odd'], {
    command: 'check',
    options: { item: { type: 'string', multiple: true }, state: { type: 'string', default: '.holdfast' } },
    most: 2,
  })
  assert.deepEqual(values.item, ['a/b', 'c/d'])
  assert.equal(values.state, '.holdfast')
  assert.deepEqual(positionals, ['backend.ts', '--odd'])
})

test('the process says the line on standard error and ends with 3', async () => {
  for (const [argv, says] of [
    [['check', '--colour'], 'check: there is no option --colour; see holdfast check --help\n'],
    [['--help', 'check'], 'holdfast: check is one argument too many; each command has --help\n'],
    [['chekc'], /^holdfast: there is no command chekc; there are dev, start, check/],
  ] as const) {
    const ended = await holdfast(argv)
    assert.deepEqual([ended.code, ended.stdout], [3, ''])
    if (typeof says === 'string') assert.equal(ended.stderr, says)
    else assert.match(ended.stderr, says)
  }
})

test('help is given on a command either way', async () => {
  for (const argv of [
    ['check', '--help'],
    ['help', 'check'],
  ]) {
    assert.deepEqual(await holdfast(argv), { code: 0, stdout: check.help, stderr: '' })
  }
})

async function holdfast(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>()
  const main = join(import.meta.dirname, 'main.ts')
  execFile(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv], (error, stdout, stderr) =>
    resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
  )
  return promise
}

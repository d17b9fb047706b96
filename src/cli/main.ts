import { ChildError } from '../backend/child.ts'
import { refuseDebugger } from '../backend/signals.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import type { Command } from './command.ts'

/** Every command, in the order `--help` shows them; each is loaded when it is asked for. */
const COMMANDS: readonly { readonly name: string; readonly summary: string; load(): Promise<Command> }[] = [
  {
    name: 'dev',
    summary: 'Run the backend here, on loopback, with a database of its own; reload when files change',
    load: async () => (await import('./dev.ts')).dev,
  },
  {
    name: 'start',
    summary: 'Run the backend in production: weak settings refuse to start',
    load: async () => (await import('./start.ts')).start,
  },
  {
    name: 'check',
    summary: 'Prove the thirty items: attack a twin, inspect the original, print the checklist',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'sabotage',
    summary: 'Plant faults in twins and see that each proof fails',
    load: async () => (await import('./sabotage.ts')).sabotage,
  },
  {
    name: 'torture',
    summary: 'What takes hours: generated input, kills, the long counts, every sabotage with everything looking on',
    load: async () => (await import('./torture.ts')).torture,
  },
  {
    name: 'migrate',
    summary: 'Prepare and migrate an outside PostgreSQL; write new migrations',
    load: async () => (await import('./migrate.ts')).migrateCommand,
  },
  {
    name: 'user',
    summary:
      'Print an enrolment link for the first owner; give a role; recover an account; export or erase what is kept about somebody',
    load: async () => (await import('./user.ts')).user,
  },
  {
    name: 'permissions',
    summary: 'Say why somebody may or may not call a route',
    load: async () => (await import('./permissions.ts')).permissions,
  },
  {
    name: 'outbox',
    summary: 'Show the mails that a development kept instead of sending them',
    load: async () => (await import('./outbox.ts')).outbox,
  },
  {
    name: 'passwords',
    summary: 'Build a filter of passwords that nobody may choose; say whether one would be refused',
    load: async () => (await import('./passwords.ts')).passwords,
  },
  {
    name: 'explain',
    summary: 'What an item asks, what proves it, which faults its proof catches',
    load: async () => (await import('./explain.ts')).explain,
  },
]

refuseDebugger()
const [first, ...further] = process.argv.slice(2)
// `holdfast help check` and `holdfast check --help` are one question.
const [name, ...rest] = first === 'help' && further.length === 1 ? [...further, '--help'] : [first, ...further]
process.exitCode = await run()

async function run(): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    if (rest.length > 0) {
      process.stderr.write(`holdfast: ${rest[0]} is one argument too many; each command has --help\n`)
      return 3
    }
    process.stdout.write(overview())
    return name === undefined ? 3 : 0
  }
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command === undefined) {
    process.stderr.write(
      `holdfast: there is no command ${name}; there are ${COMMANDS.map((one) => one.name).join(', ')}\n`,
    )
    return 3
  }
  const loaded = await command.load()
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(loaded.help)
    return 0
  }
  try {
    return await loaded.run(rest)
  } catch (error) {
    process.stderr.write(`${oneLine(error)}\n`)
    return 3
  }
}

/** What a person can act on in one line; anything unforeseen keeps its stack. */
function oneLine(error: unknown): string {
  if (error instanceof StartRefusal || error instanceof ChildError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  return `holdfast COMMAND [options]

${COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join('\n')}

Each command has --help.
Exit codes: 0 all well · 1 something broken · 2 something unproved · 3 could not run.
`
}

import { Refusal } from '../../../kernel/refusal.ts'
import type { Sabotage } from '../../../kernel/sabotage.ts'
import type { ErrorHandling } from './control.ts'

/** Faults that people ship, each of which takes this item away. */
export const sabotages: readonly Sabotage<ErrorHandling>[] = [
  {
    name: 'framework-defaults',
    fault: "Nobody set an error handler: the framework's own replies go out.",
    leaves: 'absent',
    caughtBy: ['refusals'],
    alsoBreaks: ['data/validation-and-encoding'],
    plant: (plan) => plan.control((c) => ({ ...c, install: () => {} })),
  },
  {
    name: 'stack-in-detail',
    fault: 'Debugging was left on: a problem shows the stack of its cause, and the watch was turned off for it.',
    leaves: 'present',
    caughtBy: ['unexpected-error'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        problemOf: (refusal, id) => ({ ...c.problemOf(refusal, id), detail: stackOf(refusal) }),
        findLeak: () => null,
      })),
  },
  {
    name: 'leak-watch-off',
    fault: 'The watch over outgoing replies was turned off, because it once stopped a reply that was meant.',
    leaves: 'absent',
    caughtBy: ['leaks-stopped'],
    plant: (plan) => plan.control((c) => ({ ...c, findLeak: () => null })),
  },
  {
    name: 'leak-watch-knows-stacks-only',
    fault: 'The watch looks for stacks, as its first version did; statements, paths and keys pass.',
    leaves: 'present',
    caughtBy: ['leaks-stopped'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        findLeak: (text) => (c.findLeak(text) === 'stack-trace' ? 'stack-trace' : null),
      })),
  },
  {
    name: 'leaks-stopped-in-silence',
    fault: 'A leak is stopped, and nobody is told that there was one to be mended.',
    leaves: 'present',
    caughtBy: ['leaks-stopped'],
    plant: (plan) => plan.control((c) => ({ ...c, report: (incident) => c.report({ ...incident, leak: null }) })),
  },
  {
    name: 'errors-with-status-200',
    fault: 'What went wrong here is answered with 200 and an error in the body, as an old client wanted it.',
    leaves: 'present',
    caughtBy: ['database-faults'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        problemOf: (refusal, id) => {
          const problem = c.problemOf(refusal, id)
          return problem.status < 500 ? problem : { ...problem, status: 200 }
        },
      })),
  },
  {
    name: 'one-id-for-all',
    fault: 'The id is made when the module is loaded: all problems carry the same.',
    leaves: 'present',
    caughtBy: ['refusals'],
    plant: (plan) =>
      plan.control((c) => {
        let first: string | undefined
        return {
          ...c,
          problemOf: (refusal, id) => {
            first ??= id
            return c.problemOf(refusal, first)
          },
        }
      }),
  },
  {
    name: 'id-taken-from-the-sender',
    fault: 'X-Request-Id of whoever sends it becomes the id, so that a stranger chooses it, and twice the same.',
    leaves: 'present',
    caughtBy: ['refusals'],
    plant: (plan) => plan.server((app) => takeSendersId(app as HookedServer)),
  },
  {
    name: 'database-message-passed-through',
    fault: "The database's message is shown to the sender, and the watch reports it but does not stop it.",
    leaves: 'present',
    caughtBy: ['database-gone'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        refusalOf: (error) => withMessage(c.refusalOf(error)),
        findLeak: (text) => {
          c.findLeak(text)
          return null
        },
      })),
  },
  {
    name: 'id-not-logged',
    fault: 'The log line of an error carries an id of its own, which the sender never saw.',
    leaves: 'present',
    caughtBy: ['recorded'],
    plant: (plan) =>
      plan.control((c) => ({
        ...c,
        log: (incident) => c.log({ ...incident, problem: { ...incident.problem, id: 'none' } }),
      })),
  },
  {
    name: 'refusals-not-reported',
    fault: 'Refusals are logged for developers, and no security event tells of them.',
    leaves: 'present',
    caughtBy: ['recorded'],
    plant: (plan) => plan.control((c) => ({ ...c, report: () => {} })),
  },
  {
    name: 'senders-context-in-the-log',
    fault: 'What a client sends as its context is spread into the record of the log, over our own fields.',
    leaves: 'present',
    caughtBy: ['recorded'],
    plant: (plan) => {
      let sent: unknown
      plan.server((app) =>
        (app as HookedServer).addHook('onRequest', (request, _reply, done) => {
          sent = request.headers['user-agent']
          done()
        }),
      )
      plan.control((c) => ({ ...c, lineOf: (incident) => ({ ...c.lineOf(incident), ...contextIn(sent) }) }))
    },
  },
  {
    name: 'crash-handlers-taken-over',
    fault: 'An agent for monitoring takes the handlers of uncaught errors for itself, and lets the process go on.',
    leaves: 'present',
    caughtBy: ['crash'],
    plant: (plan) => plan.setting('startEnvironment', onCrash('console.error(String(error))')),
  },
  {
    name: 'crash-without-draining',
    fault: 'An uncaught error exits at once, and what was in flight is cut.',
    leaves: 'present',
    caughtBy: ['crash'],
    plant: (plan) => plan.setting('startEnvironment', onCrash('console.error(String(error)); process.exit(70)')),
  },
  {
    name: 'output-copied-to-the-log',
    fault: 'The entry point copies what is printed into the log, by a stream whose errors nobody hears.',
    leaves: 'present',
    caughtBy: ['log-disk-full'],
    plant: (plan) => plan.setting('startEnvironment', preload(COPY_OUTPUT)),
  },
  {
    name: 'parser-errors-left-to-node',
    fault: 'What the HTTP parser refuses is answered by the runtime: no problem, no id.',
    leaves: 'absent',
    caughtBy: ['parser'],
    plant: (plan) => plan.server((app) => leaveParserErrors(app)),
  },
]

const causeOf = (refusal: Refusal): Error | null => (refusal.cause instanceof Error ? refusal.cause : null)

const stackOf = (refusal: Refusal): string => causeOf(refusal)?.stack ?? refusal.stack ?? refusal.message

function withMessage(refusal: Refusal): Refusal {
  const cause = causeOf(refusal)
  return cause === null ? refusal : new Refusal(refusal.code, deepest(cause), refusal.options)
}

/** The first cause of all is the one that speaks plainly. */
const deepest = (error: Error): string => (error.cause instanceof Error ? deepest(error.cause) : error.message)

function leaveParserErrors(app: unknown): void {
  const { server } = app as { readonly server: { removeAllListeners(event: string): void } }
  server.removeAllListeners('clientError')
}

/** As much of the server as these faults need to know. */
interface HookedServer {
  addHook(
    name: 'onRequest',
    hook: (
      request: { id: string; readonly headers: Readonly<Record<string, unknown>> },
      reply: unknown,
      done: () => void,
    ) => void,
  ): unknown
}

function takeSendersId(app: HookedServer): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers['x-request-id']
    if (typeof given === 'string') request.id = given
    done()
  })
}

/** The fields of a text that is a JSON object. */
function contextIn(text: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(String(text))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Environment that makes Node run a line before the program: what an entry point or an agent would do. */
const preload = (code: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
})

/** Whoever listens for uncaught errors hears of them by this line instead. */
const onCrash = (line: string): Readonly<Record<string, string>> =>
  preload(`const on = process.on
process.on = function (event, listener) {
  const uncaught = event === 'uncaughtException' || event === 'unhandledRejection'
  return on.call(this, event, uncaught ? (error) => { ${line} } : listener)
}`)

/** In the one process that prints, and where there is a log already. */
const COPY_OUTPUT = `import { createWriteStream, existsSync } from 'node:fs'
const log = process.env.HOLDFAST_STATE + '/log/server.log'
if (process.argv[2] === 'start' && existsSync(log)) {
  const copy = createWriteStream(log, { flags: 'a' })
  const write = process.stdout.write
  process.stdout.write = function (...given) {
    copy.write(given[0])
    return write.apply(this, given)
  }
}`

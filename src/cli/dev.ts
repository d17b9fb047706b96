import { watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDevelopment } from '../backend/development.ts'
import type { Processes } from '../backend/processes.ts'
import { StartRefusal } from '../kernel/refusal.ts'
import { applicationPath, type Command, loadDefinition, PACKAGE_ROOT } from './command.ts'
import { untilStopped } from './until-stopped.ts'

/** Runs the backend on this machine, for its developer. */
export const dev: Command = {
  help: `holdfast dev [APPLICATION] [options]

Runs the backend whose module is named (default backend.ts) on loopback, over HTTPS with a local certificate and plain
HTTP. Without DATABASE_URL it runs an embedded PostgreSQL in the state directory. It starts again when a file changes.

  --state DIRECTORY   where keys, certificate, database and logs are kept (default .holdfast)
  --port PORT         HTTPS port (default 3443, or the next free one)
  --http-port PORT    HTTP port (default 3000, or the next free one)
  --no-watch          don't reload on change

Stop it with Ctrl-C.
`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      allowNegative: true,
      options: {
        state: { type: 'string' },
        port: { type: 'string' },
        'http-port': { type: 'string' },
        watch: { type: 'boolean', default: true },
      },
    })
    const application = applicationPath(positionals[0])
    const definition = await loadDefinition(application)
    const environment = {
      ...process.env,
      ...(values.state === undefined ? {} : { HOLDFAST_STATE: values.state }),
      ...(values.port === undefined ? {} : { HOLDFAST_PORT: values.port }),
      ...(values['http-port'] === undefined ? {} : { HOLDFAST_HTTP_PORT: values['http-port'] }),
    }
    const tell = (line: string): void => void process.stdout.write(`${line}\n`)
    const server = await startDevelopment({ application, definition, environment, tell })
    if (values.watch) reloadOnChange(application, server, tell)
    return untilStopped(server, tell)
  },
}

/** Reloads 50 ms after the last of a burst of changes: editors write a file several times. */
function reloadOnChange(application: string, server: Processes, tell: (line: string) => void): void {
  let timer: NodeJS.Timeout | undefined
  const changed = (name: string | null): void => {
    if (
      name === null ||
      !/\.(ts|mts|js|mjs|json|sql|css|html)$/.test(name) ||
      /(^|\/)(node_modules|\.holdfast|\.git)\//.test(name)
    )
      return
    clearTimeout(timer)
    timer = setTimeout(() => {
      tell(`changed: ${name}`)
      void server.reload()
    }, 50)
  }
  for (const folder of new Set([dirname(application), join(PACKAGE_ROOT, 'src')])) {
    try {
      watch(folder, { recursive: true }, (_event, name) => changed(name))
    } catch (error) {
      throw new StartRefusal(
        'dev',
        `${folder} can not be watched (${(error as NodeJS.ErrnoException).code}); use --no-watch`,
      )
    }
  }
}

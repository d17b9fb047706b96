import { flushCompileCache } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { startDevelopment } from '../backend/development.ts'
import { readArguments } from './arguments.ts'
import { applicationPath, type Command, loadDefinition, PACKAGE_ROOT } from './command.ts'
import { untilStopped } from './until-stopped.ts'
import { watchCode } from './watch.ts'

/** Runs the backend on this machine, for its developer. */
export const dev: Command = {
  help: `holdfast dev [APPLICATION] [options]

Runs the backend whose module is named (default backend.ts) on loopback, over HTTPS with a local certificate and plain
HTTP. Without DATABASE_URL it runs an embedded PostgreSQL in the state directory. It starts again when a file changes.

  --state DIRECTORY   where keys, certificate, database and logs are kept (default HOLDFAST_STATE, else .holdfast)
  --port PORT         HTTPS port (default 3443, or the next free one)
  --http-port PORT    HTTP port (default 3000, or the next free one)
  --no-watch          don't reload on change

Stop it with Ctrl-C.
`,
  async run(argv) {
    const { values, positionals } = readArguments(argv, {
      command: 'dev',
      options: {
        state: { type: 'string' },
        port: { type: 'string' },
        'http-port': { type: 'string' },
        'no-watch': { type: 'boolean', default: false },
      },
      most: 1,
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
    return untilStopped(async (signal) => {
      const reloads = !values['no-watch']
      const backend = await startDevelopment({ application, definition, environment, tell, signal, reloads })
      // The next start is quicker with it, also when this one is killed.
      flushCompileCache()
      if (!reloads) return backend
      const own = join(PACKAGE_ROOT, 'src')
      const watching = watchCode({
        folders: [dirname(application), own],
        except: backend.stateDirectory,
        onChange(path) {
          tell(`changed: ${relative(process.cwd(), path)}`)
          void backend.reload(path.startsWith(own + sep))
        },
      })
      return {
        stop() {
          watching.close()
          return backend.stop()
        },
      }
    }, tell)
  },
}

import { startProduction } from '../backend/production.ts'
import { readArguments } from './arguments.ts'
import { applicationPath, type Command, loadDefinition } from './command.ts'
import { untilStopped } from './until-stopped.ts'

/** Runs the backend by production's rules. */
export const start: Command = {
  help: `holdfast start [APPLICATION]

Runs the backend whose module is named (default backend.ts) by production's rules. Settings come from the environment:

  DATABASE_URL            PostgreSQL 15 to 18, without a user: postgresql://db.example/notes (needed)
  HOLDFAST_PUBLIC_ORIGIN  where visitors find it: https://app.example (needed)
  HOLDFAST_TLS_CERT_FILE, HOLDFAST_TLS_KEY_FILE
                          certificate and key; or, behind an edge that ends TLS,
  HOLDFAST_TRUSTED_PROXIES  the edge's addresses
  HOLDFAST_STATE          keys and logs (default .holdfast)

Run holdfast migrate before the first start and at each release. Exit code 3: refused to start, with one line that says why.
`,
  async run(argv) {
    const { positionals } = readArguments(argv, { command: 'start', options: {}, most: 1 })
    const application = applicationPath(positionals[0])
    const definition = await loadDefinition(application)
    const tell = (line: string): void => void process.stdout.write(`${line}\n`)
    return untilStopped(
      (signal) => startProduction({ application, definition, environment: process.env, tell, signal }),
      tell,
    )
  },
}

import { dirname, join } from 'node:path'
import { definitionHash } from '../backend/definition-hash.ts'
import { openStateDirectory, type StateDirectory } from '../backend/state-directory.ts'
import { twinBuilder } from '../backend/twin/twin-builder.ts'
import type { CommandOptions } from '../check/command.ts'
import { type SourceTree, sourceHash } from '../check/source-hash.ts'
import { CHECKLIST } from '../checklist/index.ts'
import { systemClock } from '../kernel/time.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'
import {
  applicationPath,
  checkoutRoot,
  loadDefinition,
  lockFileHash,
  PACKAGE_ROOT,
  stateDirectoryOf,
} from './command.ts'
import { recordModules } from './recorded-modules.ts'

/** The options that `check` and `sabotage` share. */
export const PROOF_OPTIONS = {
  item: { type: 'string', multiple: true },
  section: { type: 'string', multiple: true },
  verbose: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  state: { type: 'string' },
} as const

/** What {@link PROOF_OPTIONS} read, and the application that is named. */
export interface ProofArguments {
  readonly application: string | undefined
  readonly values: {
    readonly item?: readonly string[]
    readonly section?: readonly string[]
    readonly verbose: boolean
    readonly state?: string
  }
}

/** The backend that is proved, its state directory, and what every proof is given. */
export interface Proof {
  readonly definition: BackendDefinition
  readonly state: StateDirectory
  readonly options: CommandOptions
}

/** Loads the application and hands over what proves it; the twins that were built are gone afterwards. */
export async function withProof<T>(
  { application: named, values }: ProofArguments,
  work: (proof: Proof) => Promise<T>,
): Promise<T> {
  const application = applicationPath(named)
  const { value: definition, files } = await recordModules(() => loadDefinition(application))
  const state = openStateDirectory(stateDirectoryOf(values.state, process.env))
  const root = checkoutRoot(application)
  const twins = twinBuilder(definition, application)
  const tree = sourceOf({ application, migrations: definition.migrations, files, state: state.root })
  try {
    return await work({
      definition,
      state,
      options: {
        backend: definition.title,
        items: CHECKLIST,
        buildTwin: twins.build,
        definitionHash: definitionHash(definition),
        lockHash: lockFileHash(application),
        sourceHash: () => sourceHash(tree),
        ...(root === undefined ? {} : { root }),
        stateDirectory: state.root,
        item: values.item ?? [],
        section: values.section ?? [],
        verbose: values.verbose,
        stdout: process.stdout,
        stderr: process.stderr,
        environment: process.env,
        clock: systemClock,
      },
    })
  } finally {
    await twins.close()
  }
}

/** The code that a proof of the application rests on: all of Holdfast's, and the application's own. */
export function sourceOf(given: {
  readonly application: string
  readonly migrations: string
  /** What the application imported. */
  readonly files: readonly string[]
  /** The state directory. */
  readonly state: string
}): SourceTree {
  const folder = dirname(given.application)
  return {
    folders: [
      { name: 'holdfast', path: join(PACKAGE_ROOT, 'src') },
      { name: 'holdfast migrations', path: join(PACKAGE_ROOT, 'migrations') },
      { name: 'application', path: folder },
      { name: 'application migrations', path: given.migrations },
    ],
    files: given.files,
    base: folder,
    except: given.state,
  }
}

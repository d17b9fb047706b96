import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartRefusal } from '../../kernel/refusal.ts'
import type { Secret } from '../../kernel/secret.ts'
import { type HasherOptions, hasherOver } from './client.ts'
import { encodeFrame } from './frames.ts'
import type { Hasher } from './hasher.ts'
import { encodeStart } from './start.ts'

export interface SpawnOptions extends HasherOptions {
  /** All pepper keys that stored hashes may need, 16 to 64 bytes each; the highest version makes new hashes. */
  readonly pepper: readonly { readonly version: number; readonly key: Secret<Buffer> }[]
  /** Hashes at a time. Default 2: with 19 MiB each, 38 MiB. */
  readonly threads?: number
  /** The Node to run it with. Default the one that runs this. */
  readonly execPath?: string
}

export interface RunningHasher {
  /**
   * The server's end of the pipe, untouched. Either give it to the server's `spawn` as `stdio[3]`, `destroy()` it here and let
   * the server wrap its descriptor (`inheritedHasher(3)`), or use it in this process through {@link RunningHasher.hasher}.
   */
  readonly stream: Socket
  /** The hasher, used from this process. Made on first call; after that the stream can't be handed on. */
  hasher(): Hasher
  readonly child: ChildProcess
  /** Resolves with a word on why it ended, whenever it does. */
  readonly ended: Promise<string>
  /** Ends it: closes the lifeline, kills it if that does not help within 2 s. */
  stop(): Promise<void>
}

/**
 * Starts the hasher under Node's permission model: it may load add-ons and read its own code, nothing else: no other
 * file, no network, no child, no worker. Its environment is empty and it never sees the database.
 *
 * @throws StartRefusal where it is not ready within 15 s; what it wrote to standard error is the cause.
 */
export async function spawnHasher(options: SpawnOptions): Promise<RunningHasher> {
  const { execPath = process.execPath, threads = 2 } = options
  const peppers = new Map(options.pepper.map(({ version, key }) => [version, key.release()]))
  const begin = encodeFrame(encodeStart({ peppers, threads }))
  const here = realpathSync(dirname(fileURLToPath(import.meta.url)))
  const child = spawn(execPath, [...permissions(here), join(here, 'process.ts')], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    // libuv runs add-on work on its pool: as many threads as hashes at a time. Nothing else is inherited, no secret either.
    env: { UV_THREADPOOL_SIZE: String(threads) },
    cwd: here,
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  const stop = async (): Promise<void> => {
    child.stdin?.destroy()
    const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
    await ended
    clearTimeout(timer)
  }

  child.stdin?.on('error', () => {})
  child.stdin?.write(begin, () => begin.fill(0))

  const stream = child.stdio[3]
  const failed = await ready(child, ended)
  if (failed !== null || !(stream instanceof Socket)) {
    await stop()
    throw new StartRefusal('hasher', 'could not be started: is @node-rs/argon2 installed for this platform?', {
      cause: new Error(failed ?? 'no pipe'),
    })
  }
  stream.on('error', () => {})

  let made: Hasher | undefined
  const hasher = (): Hasher => {
    made ??= hasherOver(stream, { concurrency: threads, ...options })
    return made
  }
  return { stream, hasher, child, ended, stop }
}

/** @returns `null` once it said `ready`, else what went wrong. */
async function ready(child: ChildProcess, ended: Promise<string>): Promise<string | null> {
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(0, 2_000)
  })
  const said = new Promise<null>((resolve) => child.stdout?.once('data', () => resolve(null)))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('not ready within 15 s'), 15_000)
  })
  const why = await Promise.race([said, late, ended])
  clearTimeout(timer)
  return why === null ? null : `${why} ${errors}`.trim()
}

function permissions(here: string): string[] {
  const argon2 = placesOfArgon2(here)
  return [
    '--permission',
    '--allow-addons',
    // Its own folder, the argon2 package and the folder of its platform packages beside it.
    `--allow-fs-read=${here}`,
    ...argon2.map((folder) => `--allow-fs-read=${folder}`),
    // Heap: it holds a few frames. Hashing memory lies outside of it.
    '--max-old-space-size=64',
    '--disallow-code-generation-from-strings',
  ]
}

/**
 * The folder of the argon2 package's scope: where it really is, and the way by which it is looked for where that leads over a link
 * (`node_modules` shared by checkouts), since Node judges both. A link can't be followed without reading what it leads to:
 * the packages, which hold no secret.
 */
function placesOfArgon2(here: string): readonly string[] {
  const require = createRequire(join(here, 'process.ts'))
  const real = dirname(realpathSync(dirname(require.resolve('@node-rs/argon2/package.json'))))
  const folders = require.resolve.paths('@node-rs/argon2') ?? []
  const modules = folders.find((folder) => existsSync(join(folder, '@node-rs', 'argon2')))
  if (modules === undefined) return [real]
  return [...new Set([lstatSync(modules).isSymbolicLink() ? modules : join(modules, '@node-rs'), real])]
}

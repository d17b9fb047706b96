import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { StartRefusal } from '../kernel/refusal.ts'
import type { BackendDefinition } from '../platform/declaration/definition.ts'

/**
 * Imports the application's module.
 *
 * @param path - absolute.
 * @throws StartRefusal with one line, and where in the code, for a module that can't be loaded or is no definition.
 */
export async function loadDefinition(path: string): Promise<BackendDefinition> {
  let loaded: { readonly default?: unknown }
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    if (error instanceof StartRefusal) throw error
    throw new StartRefusal(placeOf(error) ?? shown(path), `can not be loaded: ${firstLine(error)}`, { cause: error })
  }
  const definition = loaded.default
  if (typeof definition !== 'object' || definition === null || !('routes' in definition) || !('tables' in definition)) {
    throw new StartRefusal(shown(path), 'has no default export made by defineBackend')
  }
  return definition as BackendDefinition
}

/** Where it was thrown: above the message for what could not be parsed, else the first line of the stack with a file. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const parsing = /^((?:file:\/\/)?\/[^\n]*):(\d+)\n/.exec(stack)
  const running = /\n {4}at (?:[^\n]*\()?(file:\/\/\/[^\n)]*):(\d+):\d+\)?/.exec(stack)
  const [, file, line] = parsing ?? running ?? []
  if (file === undefined) return undefined
  return `${shown(file.startsWith('file:') ? fileURLToPath(file) : file)}:${line}`
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''

/** As somebody in this directory would name it. */
function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return near === '' || near.startsWith('..') ? path : near
}

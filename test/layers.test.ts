import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { before, suite, test } from 'node:test'

/**
 * kernel ← platform ← checklist ← backend, gateway, console, check ← cli. A layer imports the ones before it. Tests and
 * fixtures stand outside: they may put together what they need.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['kernel'],
  ['platform'],
  ['checklist'],
  ['backend', 'gateway', 'console', 'check'],
  ['cli'],
]

/** Doors of the package: `src/index.ts` and its siblings may open onto everything but the command line. */
const DOORS = 3.5

interface Module {
  /** From `src/`: `kernel/claim.ts`. */
  readonly file: string
  readonly imports: readonly Import[]
}

interface Import {
  /** From `src/` for our own files, else the package's name. */
  readonly to: string
  readonly own: boolean
  readonly typeOnly: boolean
}

const SOURCE = resolve(import.meta.dirname, '..', 'src')

suite('imports', () => {
  let modules: readonly Module[]
  before(async () => {
    const entries = await readdir(SOURCE, { recursive: true })
    const files = entries.filter((file) => file.endsWith('.ts') && !/\.(test|fixture|test-d)\.ts$/.test(file))
    modules = await Promise.all(files.map(readModule))
  })

  /** All imports of our own files for which `wrong` answers with a reason. */
  const complaints = (wrong: (from: string, to: Import) => string | false): readonly string[] =>
    modules.flatMap(({ file, imports }) =>
      imports.flatMap((to) => {
        const reason = wrong(file, to)
        return reason === false ? [] : [`${file} imports ${to.to}: ${reason}`]
      }),
    )

  test('are found', () => {
    assert.ok(modules.length > 50)
    assert.ok(modules.some(({ imports }) => imports.some(({ to }) => to === 'kernel/claim.ts')))
  })

  test('go one way through the layers', () => {
    assert.deepEqual(
      complaints(
        (from, { to, own }) => own && layerOf(to) > layerOf(from) && `${folderOf(from)} comes before ${folderOf(to)}`,
      ),
      [],
    )
  })

  test('do not lead from one composition root into another', () => {
    assert.deepEqual(
      complaints((from, { to, own }) => {
        const [here, there] = [layerOf(from), layerOf(to)]
        return own && here === 3 && there === 3 && folderOf(from) !== folderOf(to) && 'they meet in the command line'
      }),
      [],
    )
  })

  test('do not lead from one item into another', () => {
    assert.deepEqual(
      complaints((from, { to, own }) => {
        const [here, there] = [itemOf(from), itemOf(to)]
        return own && here !== undefined && there !== undefined && here !== there && 'items meet in the kernel'
      }),
      [],
    )
  })

  test('of a probe lead into the kernel and to files that its control shares no line of, also by way of others', () => {
    const reached = (start: string, seen = new Set<string>()): Set<string> => {
      if (seen.has(start)) return seen
      seen.add(start)
      for (const { to, own } of modules.find(({ file }) => file === start)?.imports ?? []) {
        if (own) reached(to, seen)
        else if (!isBuiltin(to)) seen.add(to)
      }
      return seen
    }
    const probes = modules.filter(({ file }) => /^checklist\/.*\/probe\.ts$/.test(file))
    const wrong = probes.flatMap(({ file }) => {
      const folder = `${dirname(file)}/`
      const enforcing = reached(`${folder}control.ts`)
      return [...reached(file)]
        .filter((to) => !to.startsWith('kernel/') && (!to.startsWith(folder) || enforcing.has(to)))
        .map((to) => `${file} reaches ${to}`)
    })
    assert.deepEqual(wrong, [])
  })

  test('of the kernel lead to Node and nothing else', () => {
    assert.deepEqual(
      complaints(
        (from, { to, own }) => folderOf(from) === 'kernel' && !own && !isBuiltin(to) && 'the kernel has no dependency',
      ),
      [],
    )
  })

  test('of the browser client lead to itself and to the helper for passkeys, which run in a browser', () => {
    assert.deepEqual(
      complaints(
        (from, { to, own }) =>
          folderOf(from) === 'client' &&
          (own ? folderOf(to) !== 'client' : to !== '@simplewebauthn/browser') &&
          'a browser has none of it',
      ),
      [],
    )
  })

  test('give every package one home in the platform', () => {
    const homes = Map.groupBy(
      modules.flatMap(({ file, imports }) =>
        imports
          .filter(({ to, own, typeOnly }) => !own && !typeOnly && !isBuiltin(to))
          .map(({ to }) => ({ to, home: homeOf(file) })),
      ),
      ({ to }) => to,
    )
    for (const [name, uses] of homes) {
      const folders = [...new Set(uses.map(({ home }) => home))]
      assert.equal(folders.length, 1, `${name} is imported in ${folders.join(' and ')}`)
      assert.match(folders[0] ?? '', /^platform\/|^client\/|^index\.ts$/, `${name} is imported in ${folders[0]}`)
    }
  })

  test('make no circle', () => {
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `a circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      if (done.has(file)) return
      for (const { to, own, typeOnly } of modules.find((one) => one.file === file)?.imports ?? []) {
        if (own && !typeOnly) visit(to, [...path, file])
      }
      done.add(file)
    }
    for (const { file } of modules) visit(file, [])
  })
})

async function readModule(file: string): Promise<Module> {
  const text = (await readFile(join(SOURCE, file), 'utf8')).replace(/\/\*[\s\S]*?\*\//g, '')
  const imports: Import[] = []
  for (const [, clause = '', specifier = ''] of text.matchAll(STATIC))
    imports.push(parseImport(file, specifier, isTypeOnly(clause)))
  for (const [, specifier = ''] of text.matchAll(DYNAMIC)) imports.push(parseImport(file, specifier, false))
  return { file, imports }
}

function parseImport(file: string, specifier: string, typeOnly: boolean): Import {
  if (specifier.startsWith('.'))
    return { to: relative(SOURCE, resolve(SOURCE, dirname(file), specifier)), own: true, typeOnly }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  return { to: specifier.startsWith('node:') ? specifier : name, own: false, typeOnly }
}

/** `type { A }`, or `{ type A, type B }`: gone when the file runs. */
function isTypeOnly(clause: string): boolean {
  if (/^type\s/.test(clause.trim())) return true
  const names = /^\s*\{([\s\S]*)\}\s*$/.exec(clause)?.[1]
  return names?.split(',').every((name) => name.trim() === '' || /^type\s/.test(name.trim())) ?? false
}

const isBuiltin = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name)

const folderOf = (file: string): string => file.split('/', 1)[0] ?? ''

/** The layer's number; what lies outside of `src/` (examples, the package's manifest) is behind them all. */
function layerOf(file: string): number {
  if (file.startsWith('..')) return file.endsWith('package.json') ? 0 : LAYERS.length
  const found = LAYERS.findIndex((layer) => layer.includes(folderOf(file)))
  return found === -1 ? DOORS : found
}

const itemOf = (file: string): string | undefined => /^checklist\/([^/]+\/[^/]+)\//.exec(file)?.[1]

/** `platform/http` for everything below it. */
const homeOf = (file: string): string => file.split('/').slice(0, 2).join('/')

/** `import … from '…'`, `export … from '…'` and `import '…'`, at the start of a line. */
const STATIC = /^(?:import|export)\s+(?:([^'"`;]*?)\s+from\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\('([^']+)'\)/g

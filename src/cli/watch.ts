import { type FSWatcher, watch } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { StartRefusal } from '../kernel/refusal.ts'

export interface WatchOptions {
  readonly folders: readonly string[]
  /** Never looked into: what is written there is no code. */
  readonly except: string
  /** Called 50 ms after the last of a burst of changes: editors write a file several times. */
  readonly onChange: (path: string) => void
}

/** Watches code. @throws StartRefusal where the system has no watches left. */
export function watchCode({ folders, except, onChange }: WatchOptions): { close(): void } {
  const watchers: FSWatcher[] = []
  let timer: NodeJS.Timeout | undefined
  const close = (): void => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
  const changed = (path: string): void => {
    clearTimeout(timer)
    timer = setTimeout(() => onChange(path), 50)
  }
  for (const folder of new Set(folders)) {
    // Such folders are large and change often; each folder in them would cost a watch.
    const ignored = (name: string): boolean =>
      name.split(sep).some((part) => part === 'node_modules' || part.startsWith('.')) ||
      !relative(except, join(folder, name)).startsWith('..')
    const failed = (error: unknown): StartRefusal =>
      new StartRefusal('dev', `${folder} can not be watched (${(error as NodeJS.ErrnoException).code}); use --no-watch`)
    try {
      const watcher = watch(folder, { recursive: true, ignore: ignored }, (_event, name) => {
        if (name !== null && !ignored(name) && CODE.test(name)) changed(join(folder, name))
      })
      // A folder that is removed while it is watched is no reason to end.
      watcher.on('error', () => {})
      watchers.push(watcher)
    } catch (error) {
      close()
      throw failed(error)
    }
  }
  return { close }
}

const CODE = /\.(ts|mts|js|mjs|json|sql|css|html)$/

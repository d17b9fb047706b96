import { registerHooks } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Does `work`, and says which files were imported meanwhile, directly or by what was imported. Those of packages are left
 * out: the lock file says what they are. What is imported later is not seen.
 */
export async function recordModules<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly files: readonly string[] }> {
  const files = new Set<string>()
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      if (resolved.url.startsWith('file:')) {
        const path = fileURLToPath(resolved.url)
        if (!path.includes(`${sep}node_modules${sep}`)) files.add(path)
      }
      return resolved
    },
  })
  try {
    return { value: await work(), files: [...files] }
  } finally {
    hooks.deregister()
  }
}

/** Which methods a path answers to. */
export interface MethodTable {
  add(method: string, pattern: string): void
  /** Sorted, `HEAD` included; empty where no route has this path. */
  allowed(path: string): readonly string[]
}

/**
 * The routes by path, for the `Allow` field of a 405 (RFC 9110, 15.5.6): Fastify's router looks up by method first and
 * can't tell.
 */
export function createMethodTable(): MethodTable {
  const routes = new Map<string, { readonly steps: readonly string[]; readonly methods: Set<string> }>()
  return {
    add(method, pattern) {
      const route = routes.get(pattern) ?? { steps: pattern.split('/'), methods: new Set<string>() }
      route.methods.add(method)
      routes.set(pattern, route)
    },
    allowed(path) {
      const steps = path.split('/')
      const methods = new Set<string>()
      for (const route of routes.values()) {
        if (matches(route.steps, steps)) for (const method of route.methods) methods.add(method)
      }
      return [...methods].sort()
    },
  }
}

const matches = (pattern: readonly string[], steps: readonly string[]): boolean =>
  pattern.length === steps.length &&
  pattern.every((step, i) => (step.startsWith(':') ? steps[i] !== '' : step === steps[i]))

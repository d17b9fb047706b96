import type { FastifyReply, RouteOptions } from 'fastify'

/** Methods and header fields by path, of the routes that were declared: what a preflight may be told. */
export class DeclaredRoutes {
  readonly #routes: {
    readonly segments: readonly string[]
    readonly method: string
    readonly headers: readonly string[]
  }[] = []

  /** For Fastify's `onRoute` hook. */
  add(route: RouteOptions): void {
    const declared = route.config?.declared
    if (declared === undefined) return
    const { properties } = declared.schema.headers ?? {}
    const headers = typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
    this.#routes.push({ segments: declared.path.split('/'), method: declared.method, headers })
  }

  /** What may be sent to a path; `null` where no route is. */
  at(url: string): { readonly methods: readonly string[]; readonly headers: readonly string[] } | null {
    const query = url.indexOf('?')
    const segments = (query === -1 ? url : url.slice(0, query)).split('/')
    const here = this.#routes.filter((route) => matches(route.segments, segments))
    if (here.length === 0) return null
    return {
      methods: [...new Set(here.map((route) => route.method))],
      headers: [...new Set(['content-type', ...here.flatMap((route) => route.headers)])],
    }
  }
}

/** Lets a page of a configured origin read this reply, with the visitor's session. The origin is echoed, never `*`. */
export function admit(reply: FastifyReply, origin: string): void {
  reply.header('access-control-allow-origin', origin)
  reply.header('access-control-allow-credentials', 'true')
}

/** Answers a preflight for a declared route; `false`, with nothing sent, where there is none or the method is not its. */
export function answerPreflight(reply: FastifyReply, routes: DeclaredRoutes, url: string, method: string): boolean {
  const declared = routes.at(url)
  if (declared === null || !declared.methods.includes(method)) return false
  reply
    .code(204)
    .header('access-control-allow-methods', declared.methods.join(', '))
    .header('access-control-allow-headers', declared.headers.join(', '))
    .header('access-control-max-age', PREFLIGHT_SECONDS)
    .send()
  return true
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false
  return pattern.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]))
}

/** How long a browser may keep the answer: 10 minutes, so that an origin taken off the list is soon out. */
const PREFLIGHT_SECONDS = '600'

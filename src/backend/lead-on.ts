import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ProblemCode, Refusal } from '../kernel/refusal.ts'
import type { RouteDefinition } from '../platform/declaration/definition.ts'

/** Leads a person on; `false`: there is nowhere to, and the refusal is shown. */
export type LeadOn = (refusal: Refusal, request: FastifyRequest, reply: FastifyReply) => boolean

/** What of routes decides where people are led. */
export type LedRoute = Pick<RouteDefinition, 'method' | 'path' | 'access' | 'accepts' | 'schema'>

/**
 * For people with a browser: who may not open a page, or not yet do what its form asks for, is led to where they become somebody
 * who may, and back from there. The handler has not run, and what a form held is not kept: the page says that it is to be sent again.
 * Who is signed out when they send a form is told so in place, since what they wrote is then still there when they go back.
 *
 * @param routes - all of them: pages to go back to are among them.
 * @returns for a route, how its visitors are led; `null` for what is no page and no form of one.
 */
export function leadOnIn(routes: readonly LedRoute[]): (route: LedRoute) => LeadOn | null {
  const pages = routes.filter(isPage).map(({ path }) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`))
  const isOpen = (path: string): boolean => pages.some((page) => page.test(path.split('?')[0] ?? ''))

  return (route) => {
    const form = !isPage(route) && isForm(route)
    if (!form && !isPage(route)) return null
    const device = route.access.kind !== 'public' && route.access.stepUp?.assurance === 3
    return (refusal, request, reply) => {
      const place = placeOf(refusal.code, request)
      if (place === undefined || (form && refusal.code === 'authentication-required')) return false
      const back = form ? pageOfForm(request, isOpen) : request.url
      const query = [
        ...(form && place === CONFIRM ? ['form=unsent'] : []),
        ...(device && place === CONFIRM ? ['with=device'] : []),
        ...(back !== undefined && back !== '/' && RETURN_PATH.test(back) ? [`next=${encodeURIComponent(back)}`] : []),
      ].join('&')
      const location = query === '' ? place : `${place}?${query}`
      void reply.code(303).header('location', location).header('cache-control', 'no-store').send()
      return true
    }
  }
}

/** A path of this origin, as pages take one to go on to. */
export const RETURN_PATH = /^\/([!-.0-[\]-~][!-[\]-~]{0,510})?$/

const isPage = ({ method, schema }: LedRoute): boolean => method === 'GET' && schema.response['200'] === 'html'
/** What a page's form or button sends, rather than a program: it answers with a page or leads to one. */
const isForm = ({ method, accepts, schema }: LedRoute): boolean =>
  method !== 'GET' &&
  accepts !== 'json' &&
  Object.values(schema.response).some((contract) => contract === 'html' || contract === 'redirect')

/** Who has a second factor proves it; who has none makes one. */
function placeOf(code: ProblemCode, { principal }: FastifyRequest): string | undefined {
  if (code === 'authentication-required') return '/sign-in'
  if (code === 'step-up-required') return CONFIRM
  if (code === 'second-factor-required') return principal?.secondFactor === true ? CONFIRM : '/account/factors'
  return undefined
}

const CONFIRM = '/confirm'

/** The page that a form stands on: the one its browser names, else the nearest above the form's own address. */
function pageOfForm({ headers, url }: FastifyRequest, isOpen: (path: string) => boolean): string | undefined {
  const named = URL.parse(headers.referer ?? '')
  const shown = named !== null && named.host === headers.host ? `${named.pathname}${named.search}` : undefined
  if (shown !== undefined && isOpen(shown)) return shown
  const steps = (url.split('?')[0] ?? '').split('/')
  for (; steps.length > 1; steps.pop()) {
    const path = steps.join('/')
    if (isOpen(path)) return path
  }
  return undefined
}

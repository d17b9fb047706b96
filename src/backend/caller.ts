import type { Principal } from '../kernel/principal.ts'
import type { BuiltInContext } from './routes/route.ts'

/** What of a request the flows need: where from, on which page, and the session it came with. */
export type Caller = Pick<BuiltInContext, 'principal' | 'address' | 'device' | 'requestId' | 'cookie' | 'headers'>
/** A caller who is signed in. */
export type Member = Omit<Caller, 'principal'> & { readonly principal: Principal }

/** Header fields of a reply that changes the session: the cookie, and that nothing keeps it. */
export type Headers = Readonly<Record<string, string | readonly string[]>>

/** Several sets of header fields as one: cookies add up, of anything else the last one stands. */
export function mergeHeaders(...sets: readonly Headers[]): Headers {
  const cookies = sets.flatMap((set) => set['set-cookie'] ?? [])
  return { ...Object.assign({}, ...sets), ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) }
}

/** Who acted and from where, as events want it. */
export const origin = (caller: Caller) => ({
  address: caller.address,
  requestId: caller.requestId,
  accountId: caller.principal?.accountId,
  sessionId: caller.principal?.sessionId,
  tenantId: caller.principal?.tenantId ?? undefined,
})

/** Where a stranger's request comes from; whoever is signed in there is not who acts. */
export const whence = ({ address, requestId }: Caller) => ({ address, requestId })

/** The origin of the page a request comes from, as its browser says it. */
export function pageOf({ headers }: { readonly headers: unknown }): string | undefined {
  const { origin } = headers as Readonly<Record<string, unknown>>
  return typeof origin === 'string' ? origin : undefined
}

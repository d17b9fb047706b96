import type { Principal } from '../kernel/principal.ts'
import type { HandlerContext } from '../platform/declaration/definition.ts'

/** What of a request the flows need: where from, and the session it came with. */
export type Caller = Pick<HandlerContext, 'principal' | 'address' | 'device' | 'requestId'>
/** A caller who is signed in. */
export type Member = Omit<Caller, 'principal'> & { readonly principal: Principal }

/** Header fields of a reply that changes the session: the cookie, and that nothing keeps it. */
export type Headers = Readonly<Record<string, string>>

/** Who acted and from where, as events want it. */
export const origin = (caller: Caller) => ({
  address: caller.address,
  requestId: caller.requestId,
  accountId: caller.principal?.accountId,
  sessionId: caller.principal?.sessionId,
  tenantId: caller.principal?.tenantId ?? undefined,
})

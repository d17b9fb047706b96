import { timingSafeEqual } from 'node:crypto'
import { minutes } from '../../../kernel/time.ts'
import { SealBroken } from '../../../platform/keys/index.ts'
import type { OpenId, OpenIdFlow, OpenIdParts } from './openid.ts'

/** How long somebody may take at the provider. */
export const FLOW_LIFETIME = minutes(10)

/**
 * The sign-in under way, kept by the browser that began it: whoever comes back without its cookie, or with another one's, has not begun
 * it [RFC 9700 4.7]. It is sealed: nobody reads the verifier out of it, or makes one.
 */
export function createFlowKeeping({
  sealer,
  clock,
  random,
}: Pick<OpenIdParts, 'sealer' | 'clock' | 'random'>): Pick<
  OpenId,
  'makeState' | 'makeNonce' | 'makeVerifier' | 'seal' | 'read'
> {
  const chance = (): string => random(32).toString('base64url')
  return {
    makeState: chance,
    makeNonce: chance,
    makeVerifier: chance,
    seal: (flow) => sealer.seal(Buffer.from(JSON.stringify(flow)), CONTEXT).toString('base64url'),
    read(cookie, state) {
      const flow = opened(sealer, cookie)
      if (flow === null || !isSame(flow.state, state) || clock.now() >= flow.expiresAt) return null
      return flow
    },
  }
}

function opened(sealer: OpenIdParts['sealer'], cookie: string | undefined): OpenIdFlow | null {
  if (cookie === undefined || cookie.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(cookie)) return null
  try {
    // What opens was sealed by us, as a flow.
    return JSON.parse(sealer.open(Buffer.from(cookie, 'base64url'), CONTEXT).toString()) as OpenIdFlow
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

const CONTEXT = 'openid-flow'
const LONGEST = 4096

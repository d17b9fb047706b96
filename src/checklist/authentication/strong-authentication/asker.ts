import { addressKey } from '../../../platform/http/address-key.ts'
import type { Origin } from './strong-authentication.ts'

/** Who asks, as the hasher gives turns: by client address alone, so that whose password it is changes nothing. */
export const whoAsks = ({ address = '' }: Origin): string => addressKey(address)

import { isIPv6 } from 'node:net'

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, of which whoever has one address has
 * all.
 *
 * @param address - as `clientAddress` tells it; anything that is no address stands for itself.
 */
export function addressKey(address: string): string {
  const [plain = ''] = address.split('%', 1)
  if (!isIPv6(plain)) return address
  const [head = '', tail] = plain.toLowerCase().split('::', 2)
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  // An IPv4 address at the end stands for two groups; it is always behind the first 64 bits.
  const length = after.length + (tail?.includes('.') === true ? 1 : 0)
  const gap = tail === undefined ? 0 : 8 - before.length - length
  const all = [...before, ...Array.from({ length: Math.max(0, gap) }, () => '0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))

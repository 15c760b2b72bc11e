import { isIP, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * True for an address that anyone on the internet may be asked at: it belongs to a single machine, and neither to this
 * one, nor to its network, nor to a cloud's own services. Anything that is not plainly written is refused: octal and
 * hexadecimal forms, which the system would read as an address too, and zone ids.
 */
export function isPublicUnicast(address: string): boolean {
  // Node's own check is strict; the library's would take 0177.0.0.1.
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = parse(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv4') return !cloudAddresses.includes(parsed.toString())
  return isWithin(address, [globalUnicast])
}

/** Whether an address lies in one of some networks, each written as `10.0.0.0/8`. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const parsed = parse(address)
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network)
    return base.kind() === parsed.kind() && parsed.match(base, bits)
  })
}

/** IPv6 in hexadecimal alone: the library takes `::8.8.8.8` for `::ffff:8.8.8.8`, which the system connects elsewhere. */
function parse(address: string): ReturnType<typeof ipaddr.process> {
  return ipaddr.process(isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address)
}

/** Of the other metadata services every address lies in a range that is not public. This one is Azure's. */
const cloudAddresses: readonly string[] = ['168.63.129.16']

/**
 * All that IANA has given out (RFC 4291, section 2.4). The library calls everything that it does not know unicast, also
 * IPv4-compatible addresses, which some systems take for IPv4.
 */
const globalUnicast = '2000::/3'

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

/**
 * True also for addresses of private networks, for hosts that somebody has named who knows where they are: neither this
 * machine, nor many at once, nor what answers on the link alone or for a cloud, nor another address in disguise.
 */
export function isOtherMachine(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = parse(address)
  return rangesOfMachines.includes(parsed.range()) && !cloudAddresses.includes(parsed.toString())
}

const rangesOfMachines = ['unicast', 'private', 'uniqueLocal', 'carrierGradeNat', 'reserved']

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

/** Metadata services beside 169.254.169.254: Azure's, which lies among public addresses, Alibaba's, Oracle's and Amazon's. */
const cloudAddresses: readonly string[] = ['168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254']

/**
 * All that IANA has given out (RFC 4291, section 2.4). The library calls everything that it does not know unicast, also
 * IPv4-compatible addresses, which some systems take for IPv4.
 */
const globalUnicast = '2000::/3'

import { networkInterfaces } from 'node:os'

/**
 * The networks that this machine is attached to. With IPv6, and on rented machines, their addresses are public, but
 * what is asked there would come from inside: past the router's firewall, or to a service of this very machine.
 */
export function ownNetworks(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .flatMap(({ cidr }) => (cidr === null ? [] : [cidr]))
}

import { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** Of a connection on which nothing moves in either direction. The host has a shorter time for those that lead out. */
export const idleTimeoutMs = 60 * 60_000

/** Standard input and output as the one stream to the host. The program lives no longer than it. */
export function stdio(): Duplex {
  process.stdin.once('close', () => process.exit(0))
  process.stdin.once('end', () => process.exit(0))
  // `process.stdout` would stop the whole program until the host has read.
  return Duplex.from({ readable: process.stdin, writable: new Socket({ fd: 1, readable: false, writable: true }) })
}

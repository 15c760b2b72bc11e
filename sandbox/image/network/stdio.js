import { Duplex } from 'node:stream'

const kib = 1024
const mib = 1024 * kib

/** The other side has the same bounds; see there. */
const connectionsMax = 256
const connectionWindowBytes = 256 * kib
export const sessionWindowBytes = 8 * mib
const queuedMbMax = 64
const rejectedStreamsMax = 10_000

export const sessionOptions = {
  maxSessionMemory: queuedMbMax,
  maxSessionRejectedStreams: rejectedStreamsMax,
  settings: { enablePush: false, initialWindowSize: connectionWindowBytes, maxConcurrentStreams: connectionsMax },
}

/** Standard input and output as the one stream to the host. The program lives no longer than it. */
export function stdio() {
  process.stdin.once('close', () => process.exit(0))
  process.stdin.once('end', () => process.exit(0))
  return Duplex.from({ readable: process.stdin, writable: process.stdout })
}

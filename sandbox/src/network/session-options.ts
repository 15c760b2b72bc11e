const kib = 1024
const mib = 1024 * kib

/** Of one sandbox, in one direction. */
export const connectionsMax = 256
/** What the other side may have sent on one connection before it is taken here; times `connectionsMax`, memory. */
const connectionWindowBytes = 256 * kib
/** Node takes what arrives at once and waits per connection alone, so this bounds only what is on the way. */
export const sessionWindowBytes = 8 * mib
/** Queued for the other side, which may read slowly. Node counts in millions. */
const queuedMbMax = 64
const headerBytesMax = 4 * kib
const headerPairsMax = 16
const settingsMax = 16
/** Many connections that end while as many are asked for overlap for a moment, and some are turned away. */
const rejectedStreamsMax = 10_000

/** For a session with a program that may be hostile: what it can make this process hold is bounded. */
export const sessionOptions = {
  maxSessionMemory: queuedMbMax,
  maxHeaderListPairs: headerPairsMax,
  maxSettings: settingsMax,
  maxSessionRejectedStreams: rejectedStreamsMax,
  settings: {
    enablePush: false,
    initialWindowSize: connectionWindowBytes,
    maxConcurrentStreams: connectionsMax,
    maxHeaderListSize: headerBytesMax,
  },
} as const

/** What a client allows itself; each can be given to `createClient`. */
export const clientLimits = {
  /** For an answer to arrive whole. A revert puts files back, and a test of a provider waits for a model. */
  timeoutMs: 120_000,
  /** Repeats of a call, after the first attempt. */
  retriesMax: 3,
  /** The wait before the first repeat; it doubles with each. */
  retryFirstMs: 250,
  retryLongestMs: 5_000,
  /** A server that asks for a longer wait gets none: the call fails with what it said. */
  retryAfterMsMax: 30_000,
  /** Attempts to come back to a stream that was cut, without a single event in between. */
  reconnectsMax: 20,
  reconnectLongestMs: 30_000,
  /** A stream silent for so long is dead: the server sends a comment every 10 s. */
  silenceMsMax: 35_000,
}

export type ClientLimits = typeof clientLimits

/** No event is this long; a stream that goes on without an end of line is broken or hostile. */
export const frameCharsMax = 64 * 1_024 * 1_024

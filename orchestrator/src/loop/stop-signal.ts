import type { Clock } from './clock.js'

/** The signal that ends a run's work: aborted with the user's reason, at the wall time, or when the run is over. */
export interface StopSignal {
  readonly signal: AbortSignal
  isOutOfTime(): boolean
  /** Stops whatever the run still has under way. */
  dispose(): Promise<void>
}

export function createStopSignal(options: { signal: AbortSignal; wallTimeMs: number; clock: Clock }): StopSignal {
  const { signal, wallTimeMs, clock } = options
  const stop = new AbortController()
  const passOn = () => stop.abort(signal.reason)
  if (signal.aborted) passOn()
  signal.addEventListener('abort', passOn, { once: true })

  const outOfTime = new Error('The wall time of the run is over.')
  const timer = clock.sleep(wallTimeMs, stop.signal).then(
    () => stop.abort(outOfTime),
    () => {},
  )
  return {
    signal: stop.signal,
    isOutOfTime: () => stop.signal.reason === outOfTime,
    async dispose() {
      signal.removeEventListener('abort', passOn)
      stop.abort(new Error('The run has ended.'))
      await timer
    },
  }
}

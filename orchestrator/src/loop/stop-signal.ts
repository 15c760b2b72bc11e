import { setMaxListeners } from 'node:events'
import type { Clock } from './clock.js'

/** The signal that ends a run's work: aborted with the user's reason, at the wall time, or when the run is over. */
export interface StopSignal {
  readonly signal: AbortSignal
  isOutOfTime(): boolean
  /** Stops the clock of the wall time until the returned function is called. */
  pause(): () => void
  /** Stops whatever the run still has under way. */
  dispose(): Promise<void>
}

export function createStopSignal(options: { signal: AbortSignal; wallTimeMs: number; clock: Clock }): StopSignal {
  const { signal, wallTimeMs, clock } = options
  const stop = new AbortController()
  // Every call and every question to a person that is open listens.
  setMaxListeners(0, stop.signal)
  const passOn = () => stop.abort(signal.reason)
  if (signal.aborted) passOn()
  signal.addEventListener('abort', passOn, { once: true })

  const outOfTime = new Error('The wall time of the run is over.')
  let leftMs = wallTimeMs
  let pauses = 0
  let timer = startTimer()

  function startTimer() {
    const since = clock.now()
    const halt = new AbortController()
    const over = clock.sleep(leftMs, AbortSignal.any([halt.signal, stop.signal])).then(
      () => stop.abort(outOfTime),
      () => {},
    )
    return {
      over,
      halt() {
        leftMs = Math.max(0, leftMs - (clock.now() - since))
        halt.abort(new Error('The wall time is paused.'))
      },
    }
  }

  return {
    signal: stop.signal,
    isOutOfTime: () => stop.signal.reason === outOfTime,
    pause() {
      pauses += 1
      if (pauses === 1) timer.halt()
      let isPaused = true
      return () => {
        if (!isPaused) return
        isPaused = false
        pauses -= 1
        if (pauses === 0 && !stop.signal.aborted) timer = startTimer()
      }
    },
    async dispose() {
      signal.removeEventListener('abort', passOn)
      stop.abort(new Error('The run has ended.'))
      await timer.over
    },
  }
}

import { cancelGraceMs } from './limits.js'

/** `over` resolves when calls have had their time to settle after the signal aborted; without an abort, never. */
export interface Grace {
  readonly over: Promise<void>
  dispose(): void
}

export function createGrace(signal: AbortSignal): Grace {
  let timer: NodeJS.Timeout | undefined
  let begin = () => {}
  const over = new Promise<void>((resolve) => {
    begin = () => {
      timer ??= setTimeout(resolve, cancelGraceMs)
    }
  })
  if (signal.aborted) begin()
  signal.addEventListener('abort', begin, { once: true })
  return {
    over,
    dispose() {
      clearTimeout(timer)
      signal.removeEventListener('abort', begin)
    },
  }
}

/** Settles after the time, or at once when the signal fires; it never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}

export interface Waits {
  firstMs: number
  longestMs: number
}

/** The wait before the repeat of a number, counted from 1: twice the one before, a little more or less by chance. */
export function waitBefore(repeat: number, { firstMs, longestMs }: Waits): number {
  return Math.min(longestMs, firstMs * 2 ** (repeat - 1)) * (0.75 + Math.random() / 4)
}

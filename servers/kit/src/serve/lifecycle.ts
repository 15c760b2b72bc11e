/** What ends a server: the reason is logged, the exit code is the process's. */
export interface Ending {
  reason: string
  exitCode: number
}

export interface LifecycleOptions {
  process: NodeJS.Process
  /** Releases everything; given `closeMsMax`, then the process exits all the same. */
  close(ending: Ending): Promise<void>
}

/** With the exit that follows it, within the second that a host waits. */
export const closeMsMax = 800
export const parentCheckMs = 500

/**
 * Ends the process once, for whichever reason comes first: a signal, the death of its parent, stdout that nobody
 * reads any more, or a call of the returned function (stdin at its end, a failure).
 */
export function endOnce({ process, close }: LifecycleOptions): (ending: Ending) => void {
  let ending = false
  const end = (why: Ending): void => {
    if (ending) return
    ending = true
    const exit = (): never => process.exit(why.exitCode)
    setTimeout(exit, closeMsMax)
    close(why).then(exit, exit)
  }

  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, () => end({ reason: signal, exitCode: 128 + number }))
  }
  // Nobody is left to read: neither an answer nor a log line.
  process.stdout.on('error', () => end({ reason: 'stdout closed', exitCode: 0 }))
  process.stderr.on('error', () => {})
  watchParent(process, end)
  return end
}

function watchParent(process: NodeJS.Process, end: (ending: Ending) => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) end({ reason: 'the parent process died', exitCode: 0 })
  }, parentCheckMs)
  timer.unref()
}

/** Many pass at once; nobody passes while it is closed. */
export interface Gate {
  /** The work begins when the gate is open, and the gate is not shut before `settled` has settled. */
  pass<T>(work: () => Promise<{ result: T; settled: Promise<unknown> }>): Promise<T>
  /** Settles once nobody is passing. */
  close(): Promise<void>
  open(): void
}

/** An engine whose container is paused while a process is being started in it hangs for good: one keeps them apart. */
export function createGate(): Gate {
  const passing = new Set<Promise<unknown>>()
  let opened: Promise<void> | undefined
  let open = (): void => {}

  return {
    async pass(work) {
      while (opened) await opened
      const begun = work()
      const over = begun.then(({ settled }) => settled).catch(() => {})
      passing.add(over)
      over.then(() => passing.delete(over))
      return (await begun).result
    },
    async close() {
      opened ??= new Promise((settle) => {
        open = settle
      })
      await Promise.all(passing)
    },
    open() {
      opened = undefined
      open()
    },
  }
}

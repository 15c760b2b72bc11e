/** Runs tasks with one key strictly one after the other, in the order in which they came. */
export interface Locks {
  run<T>(key: string, task: () => Promise<T>): Promise<T>
}

export function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async run(key, task) {
      const before = tails.get(key) ?? Promise.resolve()
      const result = before.then(task)
      // The next in line waits for the end of this one, whatever it is.
      const tail = result.catch(() => undefined)
      tails.set(key, tail)
      try {
        return await result
      } finally {
        if (tails.get(key) === tail) tails.delete(key)
      }
    },
  }
}

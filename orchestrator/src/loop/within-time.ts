import { createContext, runInContext } from 'node:vm'

/**
 * What `work` returns, or undefined where it takes longer or throws. Only code in a context of its own can be stopped
 * by the clock, a regular expression included; the process does nothing else meanwhile.
 */
export function withinTime<T>(work: () => T, msMax: number): T | undefined {
  let result: T | undefined
  try {
    const keep = (): void => {
      result = work()
    }
    runInContext('keep()', createContext({ keep }), { timeout: msMax })
  } catch {
    return undefined
  }
  return result
}

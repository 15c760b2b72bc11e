import { createContext, Script } from 'node:vm'

/** Making one takes longer than most work in it. */
const context: { work?: () => void } = {}
createContext(context)
const script = new Script('work()')

/**
 * What `work` returns, or undefined where it takes longer or throws. Only code in a context of its own can be stopped
 * by the clock, a regular expression included; the process does nothing else meanwhile.
 */
export function withinTime<T>(work: () => T, msMax: number): T | undefined {
  let result: T | undefined
  const outer = context.work
  context.work = () => {
    result = work()
  }
  try {
    script.runInContext(context, { timeout: msMax })
  } catch {
    return undefined
  } finally {
    if (outer === undefined) delete context.work
    else context.work = outer
  }
  return result
}

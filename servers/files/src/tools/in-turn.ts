import type { Tool } from '@auroracoder/kit'
import type { Locks } from '../disk/lock.js'

/**
 * The calls of a client that keeps the panel, one after the other in the order in which they came. It keeps the state
 * of the newest report and applies reports in their order: neither would be true of calls that change the panel while
 * others do.
 */
export function inTurn(tool: Tool, locks: Locks): Tool {
  return {
    ...tool,
    run(raw, call) {
      const work = () => tool.run(raw, call)
      return call.keepsPanels ? locks.run(`calls\0${call.conversation}`, work) : work()
    },
  }
}

import type { ToolInfo, ToolOutcome } from '../../connect/index.js'
import type { LoopOutput } from '../../events/index.js'
import type { RunnableCall } from '../prepare-call.js'
import type { Run } from '../run.js'

/** A tool of the loop itself, about the conversation and not about the workspace. */
export interface OwnTool {
  info: ToolInfo
  /**
   * May be run again after a crash with the same key; each event it yields is in the log before it is resumed. Throws
   * when the run is aborted.
   */
  run(call: RunnableCall, run: Run): AsyncGenerator<LoopOutput, ToolOutcome>
}

export function told(ok: boolean, text: string): ToolOutcome {
  return { ok, text, images: [], applied: undefined, facts: undefined, panel: undefined }
}

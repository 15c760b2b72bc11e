import type { ToolOutcome } from '../connect/index.js'
import { standingOf } from './panels.js'
import type { RunnableCall } from './prepare-call.js'
import type { Run } from './run.js'
import { fitProgress } from './tool-output.js'

/** What comes back from a call that was dispatched; `settled` or `broken` is the last. */
export type CallMessage =
  | { kind: 'progress'; callId: string; text: string }
  | { kind: 'settled'; call: RunnableCall; outcome: ToolOutcome }
  | { kind: 'broken'; error: unknown }

/** Sends a call to its tool. When `gaveUp` resolves first, the call is left behind with a result of its own. */
export async function dispatch(options: {
  call: RunnableCall
  run: Run
  gaveUp: Promise<void>
  send: (message: CallMessage) => void
}): Promise<void> {
  const { call, run, gaveUp, send } = options
  let isOver = false
  const end = (message: CallMessage): void => {
    if (!isOver) send(message)
    isOver = true
  }
  const onProgress = (message: string): void => {
    // Progress after the result would belong to a part that is closed.
    if (!isOver) send({ kind: 'progress', callId: call.callId, text: fitProgress(message) })
  }
  void gaveUp.then(() => end({ kind: 'settled', call, outcome: cancelled }))
  try {
    const { tool, args, key, step } = call
    const { signal, log } = run
    const request = { name: tool.name, args: { ...args }, key, step, signal, onProgress, ...standingOf(log) }
    const heard = { elicit: async () => ({ action: 'cancel' as const }), onLog: () => {} }
    end({ kind: 'settled', call, outcome: await run.callTool({ ...request, ...heard }) })
  } catch (error) {
    end(run.signal.aborted ? { kind: 'settled', call, outcome: cancelled } : { kind: 'broken', error })
  }
}

const cancelled: ToolOutcome = {
  ok: false,
  text: 'Cancelled while it ran; it may have taken effect in part. Verify before repeating it.',
  images: [],
  applied: undefined,
  facts: undefined,
  panel: undefined,
}

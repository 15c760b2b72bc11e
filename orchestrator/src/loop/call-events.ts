import { isDeepStrictEqual } from 'node:util'
import type { ToolOutcome } from '../connect/index.js'
import type { Content, LoopOutput } from '../events/index.js'
import { callChanges } from './panels.js'
import type { RefusedCall, RunnableCall } from './prepare-call.js'
import type { Run } from './run.js'
import { fitOutput, isCut } from './tool-output.js'

/** The call begins, in the form in which it will run. Once these are written it may be dispatched. */
export function* beginEvents({ stepId, callId, key, repaired }: RunnableCall): Generator<LoopOutput, void> {
  if (repaired !== undefined) yield correctedEvent({ stepId, callId, args: repaired })
  yield { kind: 'event', event: { type: 'tool.started', stepId, data: { callId, key } }, part: callId }
}

/** The call has its result, and the history its arguments as they really ran. */
export async function* endEvents(
  { call, outcome }: { call: RunnableCall; outcome: ToolOutcome },
  run: Run,
): AsyncGenerator<LoopOutput, void> {
  const { stepId, callId, args, tool } = call
  const { ok, applied, text, images, facts } = outcome
  // A call that failed keeps its own arguments: its error speaks of them.
  if (ok && applied && !isDeepStrictEqual(applied, args)) {
    yield correctedEvent({ stepId, callId, args: JSON.stringify(applied) })
  }
  yield* callChanges(outcome, call)
  const content: Content = [
    { type: 'text', text: fitOutput(text, { verbatim: tool.trusted, hint: await whereRest({ text, call, run }) }) },
    ...images.map((image) => ({ type: 'image' as const, ...image })),
  ]
  const data = { callId, ok, content, meta: facts ?? {} }
  yield { kind: 'event', event: { type: 'tool.finished', stepId, data }, part: callId }
}

/** What an output that is cut says of the rest of it. */
async function whereRest(options: { text: string; call: RunnableCall; run: Run }): Promise<string> {
  const { text, call, run } = options
  const kept = isCut(text) ? await run.keepOutput({ name: `${call.tool.name}-${call.callId}`, text }) : undefined
  return kept ?? 'ask for less at once'
}

export function refusedEvent({ stepId, callId, text }: RefusedCall): LoopOutput {
  const data = { callId, ok: false, content: [{ type: 'text' as const, text }], meta: {} }
  return { kind: 'event', event: { type: 'tool.finished', stepId, data } }
}

function correctedEvent({ stepId, callId, args }: { stepId: string; callId: string; args: string }): LoopOutput {
  return { kind: 'event', event: { type: 'tool.corrected', stepId, data: { callId, arguments: args } } }
}

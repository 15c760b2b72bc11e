import type { LoopOutput } from '../events/index.js'
import type { Answer, ModelEvent } from '../providers/index.js'
import { malformedCall } from './next-move.js'
import type { Run } from './run.js'

/** Turns one streamed answer into events. `step.finished` comes last: without it nothing of the answer counts. */
export async function* recordAnswer(options: {
  events: AsyncIterable<ModelEvent>
  stepId: string
  run: Run
}): AsyncGenerator<LoopOutput, void> {
  const { events, stepId, run } = options
  const callsBefore = run.view.events.filter(({ type }) => type === 'tool.called').length
  const callId = (index: number) => `call_${callsBefore + index + 1}`
  const prose = createProse(stepId)

  for await (const event of events) {
    switch (event.type) {
      case 'text':
      case 'reasoning':
        yield* prose.add(event.type, event.text)
        break
      case 'arguments':
        yield* prose.close()
        if (event.text !== '') {
          yield { kind: 'delta', type: 'tool.arguments.delta', part: callId(event.index), text: event.text }
        }
        break
      case 'complete':
        yield* prose.close()
        yield* callEvents(event.answer, { stepId, callId })
        yield finishedEvent(event.answer, { stepId, run })
    }
  }
}

/** Text and reasoning as parts, each opened by its first piece and closed when the other kind begins. */
function createProse(stepId: string) {
  let open: { kind: 'text' | 'reasoning'; part: string; text: string } | undefined
  let parts = 0

  function* add(kind: 'text' | 'reasoning', text: string): Generator<LoopOutput, void> {
    if (open?.kind !== kind) {
      yield* close()
      parts += 1
      open = { kind, part: `${stepId}:${kind}:${parts}`, text: '' }
      yield { kind: 'event', event: { type: `${kind}.started`, stepId, data: {} }, part: open.part }
    }
    open.text += text
    yield { kind: 'delta', type: `${kind}.delta`, part: open.part, text }
  }

  function* close(): Generator<LoopOutput, void> {
    if (!open) return
    const { kind, part, text } = open
    open = undefined
    yield { kind: 'event', event: { type: `${kind}.finished`, stepId, data: { text } }, part }
  }

  return { add, close }
}

function* callEvents(
  answer: Answer,
  { stepId, callId }: { stepId: string; callId: (index: number) => string },
): Generator<LoopOutput, void> {
  for (const [index, call] of answer.calls.entries()) {
    const data = { callId: callId(index), name: call.name, arguments: call.arguments }
    yield { kind: 'event', event: { type: 'tool.called', stepId, data } }
  }
}

function finishedEvent(answer: Answer, { stepId, run }: { stepId: string; run: Run }): LoopOutput {
  const { usage } = answer
  const finishReason = answer.brokenMarkup ? malformedCall : answer.finishReason
  const cost = run.model.costOf(usage, run.clock.now())
  return { kind: 'event', event: { type: 'step.finished', stepId, data: { finishReason, usage, cost } } }
}

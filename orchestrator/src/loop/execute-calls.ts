import { isDeepStrictEqual } from 'node:util'
import type { ToolOutcome } from '../connect/index.js'
import type { Content, EventDraft, LoopOutput } from '../events/index.js'
import { createGrace } from './grace.js'
import { parallelReadsMax } from './limits.js'
import type { CalledStep } from './next-move.js'
import { type PreparedCall, prepareCall, type RunnableCall } from './prepare-call.js'
import { createQueue, type Queue } from './queue.js'
import type { Run } from './run.js'
import { fitOutput, fitProgress } from './tool-output.js'

/**
 * Runs the open calls of an answer in the model's order. Neighbours that only read run side by side, any other call
 * waits for those before it and is waited for by those after it. Every call that was started gets its result.
 */
export async function* executeCalls(step: CalledStep, run: Run): AsyncGenerator<LoopOutput, void> {
  const prepared = step.calls.map((call) => prepareCall({ call, step, run }))
  for (const group of groups(prepared)) yield* runGroup(group, run)
}

/** Neighbouring calls that may run side by side. A refused call does nothing and is in nobody's way. */
function groups(calls: readonly PreparedCall[]): PreparedCall[][] {
  const found: PreparedCall[][] = []
  for (const call of calls) {
    const last = found.at(-1)
    if (last?.every(isHarmless) && isHarmless(call)) last.push(call)
    else found.push([call])
  }
  return found
}

function isHarmless(call: PreparedCall): boolean {
  return call.kind === 'refused' || call.readOnly
}

type Message =
  | { kind: 'output'; output: LoopOutput }
  | { kind: 'settled'; call: RunnableCall; outcome: ToolOutcome }
  | { kind: 'broken'; error: unknown }

async function* runGroup(group: readonly PreparedCall[], run: Run): AsyncGenerator<LoopOutput, void> {
  const grace = createGrace(run.signal)
  try {
    yield* runCalls({ group, run, gaveUp: grace.over })
  } finally {
    grace.dispose()
  }
}

async function* runCalls(options: {
  group: readonly PreparedCall[]
  run: Run
  gaveUp: Promise<void>
}): AsyncGenerator<LoopOutput, void> {
  const { run, gaveUp } = options
  const messages = createQueue<Message>()
  const waiting = [...options.group]
  let running = 0
  while (waiting.length > 0 || running > 0) {
    const next = running < parallelReadsMax && !run.signal.aborted ? waiting.shift() : undefined
    if (next?.kind === 'refused') {
      yield finishedEvent(next, { ok: false, text: next.text })
    } else if (next) {
      if (next.repaired !== undefined) yield correctedEvent(next, next.repaired)
      yield startedEvent(next)
      // Whoever consumes this has written the event by now, so the call may take effect.
      running += 1
      void dispatch({ call: next, run, messages, gaveUp })
    } else if (running === 0) {
      return
    } else {
      const message = await messages.next()
      if (message.kind === 'broken') throw message.error
      if (message.kind === 'output') {
        yield message.output
      } else {
        running -= 1
        yield* settledEvents(message)
      }
    }
  }
}

async function dispatch(options: {
  call: RunnableCall
  run: Run
  messages: Queue<Message>
  gaveUp: Promise<void>
}): Promise<void> {
  const { call, run, messages, gaveUp } = options
  const { callId, tool, args } = call
  const onProgress = (message: string) => {
    const text = fitProgress(message)
    messages.push({ kind: 'output', output: { kind: 'delta', type: 'tool.progress', part: callId, text } })
  }
  const { signal } = run
  const answer = run
    .callTool({ name: tool.name, args: { ...args }, key: call.key, step: call.step, signal, onProgress })
    .then(
      (outcome): Message => ({ kind: 'settled', call, outcome }),
      (error: unknown): Message =>
        signal.aborted ? { kind: 'settled', call, outcome: cancelled } : { kind: 'broken', error },
    )
  messages.push(
    await Promise.race([answer, gaveUp.then((): Message => ({ kind: 'settled', call, outcome: cancelled }))]),
  )
}

const cancelled: ToolOutcome = {
  ok: false,
  text: 'Cancelled while it ran; it may have taken effect in part. Verify before repeating it.',
  images: [],
  applied: undefined,
  facts: undefined,
}

function* settledEvents({ call, outcome }: { call: RunnableCall; outcome: ToolOutcome }): Generator<LoopOutput, void> {
  const { applied, ok } = outcome
  // A call that failed keeps its own arguments: its error speaks of them.
  if (ok && applied && !isDeepStrictEqual(applied, call.args)) yield correctedEvent(call, JSON.stringify(applied))
  yield finishedEvent(call, outcome)
}

function startedEvent({ stepId, callId, key }: RunnableCall): LoopOutput {
  return { kind: 'event', event: { type: 'tool.started', stepId, data: { callId, key } }, part: callId }
}

function correctedEvent({ stepId, callId }: RunnableCall, args: string): LoopOutput {
  return { kind: 'event', event: { type: 'tool.corrected', stepId, data: { callId, arguments: args } } }
}

function finishedEvent(
  call: PreparedCall,
  outcome: Pick<ToolOutcome, 'ok' | 'text'> & Partial<ToolOutcome>,
): LoopOutput {
  const verbatim = call.kind === 'runnable' && call.tool.trusted
  const content: Content = [
    { type: 'text', text: fitOutput(outcome.text, { verbatim }) },
    ...(outcome.images ?? []).map((image) => ({ type: 'image' as const, ...image })),
  ]
  const event: EventDraft = {
    type: 'tool.finished',
    stepId: call.stepId,
    data: { callId: call.callId, ok: outcome.ok, content, meta: outcome.facts ?? {} },
  }
  return call.kind === 'runnable' ? { kind: 'event', event, part: call.callId } : { kind: 'event', event }
}

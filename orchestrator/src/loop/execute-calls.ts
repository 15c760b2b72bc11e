import type { LoopOutput } from '../events/index.js'
import { askFirst } from './approvals/ask-first.js'
import { beginEvents, endEvents, refusedEvent } from './call-events.js'
import { type CallMessage, dispatch } from './dispatch.js'
import { createGrace } from './grace.js'
import { parallelReadsMax } from './limits.js'
import type { CalledStep } from './next-move.js'
import { type PreparedCall, prepareCall } from './prepare-call.js'
import { createQueue } from './queue.js'
import type { Run } from './run.js'

/**
 * Runs the open calls of an answer in the model's order. Neighbours that only read run side by side, any other call
 * waits for those before it and is waited for by those after it. Every call that was started gets its result.
 * `isUnanswered`: a call needed an approval that nobody gave in time, and neither it nor those after it were run.
 */
export async function* executeCalls(step: CalledStep, run: Run): AsyncGenerator<LoopOutput, { isUnanswered: boolean }> {
  const grace = createGrace(run.signal)
  try {
    const prepared = step.calls.map((call) => prepareCall({ call, step, run }))
    for (const asked of groups(prepared)) {
      const group = yield* askFirst(asked, run)
      if (!group) return { isUnanswered: true }
      yield* runGroup({ group, run, gaveUp: grace.over })
    }
    return { isUnanswered: false }
  } finally {
    grace.dispose()
  }
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

async function* runGroup(options: {
  group: readonly PreparedCall[]
  run: Run
  gaveUp: Promise<void>
}): AsyncGenerator<LoopOutput, void> {
  const { run, gaveUp } = options
  const messages = createQueue<CallMessage>()
  const waiting = [...options.group]
  let running = 0
  while (waiting.length > 0 || running > 0) {
    const next = running < parallelReadsMax && !run.signal.aborted ? waiting.shift() : undefined
    if (next?.kind === 'refused') {
      yield refusedEvent(next)
    } else if (next) {
      yield* beginEvents(next)
      // Whoever consumes this has written the events by now, so the call may take effect.
      running += 1
      void dispatch({ call: next, run, gaveUp, send: messages.push })
    } else if (running === 0) {
      return
    } else {
      const message = await messages.next()
      if (message.kind === 'settled') running -= 1
      yield* messageOutputs(message, run)
    }
  }
}

async function* messageOutputs(message: CallMessage, run: Run): AsyncGenerator<LoopOutput, void> {
  switch (message.kind) {
    case 'output':
      yield message.output
      message.taken()
      break
    case 'settled':
      yield* endEvents(message, run)
      break
    case 'broken':
      throw message.error
  }
}

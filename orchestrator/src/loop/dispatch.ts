import type { ElicitAnswer, Elicitation, ToolOutcome } from '../connect/index.js'
import type { LoopOutput } from '../events/index.js'
import { askPerson } from './approvals/ask-person.js'
import { standingOf } from './panels.js'
import type { RunnableCall } from './prepare-call.js'
import type { Run } from './run.js'
import { fitProgress } from './tool-output.js'
import { ownTools } from './tools/own-tools.js'

/** What comes back from a call that was dispatched; `settled` or `broken` is the last. */
export type CallMessage =
  /** The call may wait for `taken`, which says that the output is in the log. */
  | { kind: 'output'; output: LoopOutput; taken: () => void }
  | { kind: 'settled'; call: RunnableCall; outcome: ToolOutcome }
  | { kind: 'broken'; error: unknown }

export interface DispatchOptions {
  call: RunnableCall
  run: Run
  gaveUp: Promise<void>
  send: (message: CallMessage) => void
}

/** Sends a call to its tool. When `gaveUp` resolves first, the call is left behind with a result of its own. */
export async function dispatch({ call, run, gaveUp, send }: DispatchOptions): Promise<void> {
  let isOver = false
  const end = (message: CallMessage): void => {
    if (!isOver) send(message)
    isOver = true
  }
  /** What comes after the result would belong to a part that is closed. */
  const put: Put = (output) =>
    new Promise((taken) => {
      if (isOver) taken()
      else send({ kind: 'output', output, taken })
    })
  void gaveUp.then(() => end({ kind: 'settled', call, outcome: cancelled }))
  try {
    end({ kind: 'settled', call, outcome: await outcomeOf({ call, run, put }) })
  } catch (error) {
    end(run.signal.aborted ? { kind: 'settled', call, outcome: cancelled } : { kind: 'broken', error })
  }
}

/** Resolves when the output is in the log. */
type Put = (output: LoopOutput) => Promise<void>

interface Dispatched {
  call: RunnableCall
  run: Run
  put: Put
}

function outcomeOf({ call, run, put }: Dispatched): Promise<ToolOutcome> {
  const own = ownTools.find(({ info }) => info === call.tool)
  return own ? putAll(own.run(call, run), put) : callServer({ call, run, put })
}

function callServer({ call, run, put }: Dispatched): Promise<ToolOutcome> {
  const { tool, args, key, step, callId, stepId } = call
  return run.callTool({
    name: tool.name,
    args: { ...args },
    key,
    step,
    signal: run.signal,
    onProgress: (message) =>
      void put({ kind: 'delta', type: 'tool.progress', part: callId, text: fitProgress(message) }),
    onLog: ({ server, level, text }) => {
      const data = { code: 'server_log', message: fitProgress(text), details: { server, level, callId } }
      void put({ kind: 'event', event: { type: 'notice', stepId, data } })
    },
    elicit: (question) => elicit({ call, run, put }, question),
    ...standingOf(run.view.events),
  })
}

async function elicit({ call, run, put }: Dispatched, question: Elicitation): Promise<ElicitAnswer> {
  const { stepId, callId } = call
  const { server, message, schema, url } = question
  const asking = askPerson(run, { kind: 'elicitation', stepId, callId, message: `${server}: ${message}`, schema, url })
  const { answer, content } = await putAll(asking, put)
  if (answer === 'accept') return { action: 'accept', content: content ?? {} }
  return { action: answer === 'decline' ? 'decline' : 'cancel' }
}

/** Puts everything that a generator yields, each when the one before is in the log, and answers what it returns. */
async function putAll<Result>(outputs: AsyncGenerator<LoopOutput, Result>, put: Put): Promise<Result> {
  for (;;) {
    const { done, value } = await outputs.next()
    if (done) return value
    await put(value)
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

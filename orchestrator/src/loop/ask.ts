import { toMessages, validateHistory } from '../context/index.js'
import type { LoopOutput } from '../events/index.js'
import { ModelFailure, type ModelRequest } from '../providers/index.js'
import { outputTokensMax } from './limits.js'
import { recordAnswer } from './record-answer.js'
import { retryDelayMs } from './retry.js'
import type { Run } from './run.js'

/** Gets one answer into the log. An attempt that fails is discarded and tried again; it costs no iteration. */
export async function* ask(run: Run): AsyncGenerator<LoopOutput, void> {
  for (let attempt = 1; ; attempt += 1) {
    const failure = yield* tryOnce(run, attempt)
    if (!failure) return
    const delayMs = retryDelayMs({ failure, attempt, random: run.clock.random() })
    if (delayMs === undefined) throw failure
    await run.clock.sleep(delayMs, run.signal).catch(() => run.signal.throwIfAborted())
  }
}

async function* tryOnce(run: Run, attempt: number): AsyncGenerator<LoopOutput, ModelFailure | undefined> {
  const stepId = `step_${count(run, 'step.started') + 1}`
  yield { kind: 'event', event: { type: 'step.started', stepId, data: { model: run.model.id, attempt } } }
  try {
    yield* recordAnswer({ events: run.model.stream(buildRequest(run), run.signal), stepId, run })
    return undefined
  } catch (error) {
    const reason = run.signal.aborted ? 'The run was stopped.' : error instanceof Error ? error.message : String(error)
    yield { kind: 'event', event: { type: 'step.discarded', stepId, data: { reason } } }
    if (error instanceof ModelFailure) return error
    throw error
  }
}

function buildRequest({ log, model, tools }: Run): ModelRequest {
  const messages = toMessages(log, model)
  const problems = validateHistory(messages, model)
  if (problems.length > 0) throw new Error(`The history is not fit to be sent. ${problems.join(' ')}`)
  return {
    messages,
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    outputTokensMax: Math.min(outputTokensMax, model.outputTokensMax),
  }
}

/** Ids count on through the session, so that none comes twice in one log. */
function count({ log }: Run, type: string): number {
  return log.filter((event) => event.type === type).length
}

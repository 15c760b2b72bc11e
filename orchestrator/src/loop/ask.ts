import { toMessages, validateHistory } from '../context/index.js'
import type { LoopOutput } from '../events/index.js'
import { ModelFailure, type ModelRequest } from '../providers/index.js'
import { outputTokensMax } from './limits.js'
import { refreshPanels } from './panels.js'
import { recordAnswer } from './record-answer.js'
import { retryDelayMs } from './retry.js'
import type { Run } from './run.js'

/** Gets one answer into the log. An attempt that fails is discarded and tried again; it costs no iteration. */
export async function* ask(run: Run): AsyncGenerator<LoopOutput, void> {
  for (let attempt = 1; ; attempt += 1) {
    yield* refreshPanels(run)
    const stepId = `step_${count(run, 'step.started') + 1}`
    yield { kind: 'event', event: { type: 'step.started', stepId, data: { model: run.model.id, attempt } } }
    const failed = yield* tryOnce(run, stepId)
    if (!failed) return
    const { error } = failed
    const delayMs =
      error instanceof ModelFailure ? retryDelayMs({ failure: error, attempt, random: run.clock.random() }) : undefined
    const reason = discardReason({ error, stopped: run.signal.aborted, delayMs })
    yield { kind: 'event', event: { type: 'step.discarded', stepId, data: { reason } } }
    if (delayMs === undefined) throw error
    await run.clock.sleep(delayMs, run.signal)
  }
}

async function* tryOnce(run: Run, stepId: string): AsyncGenerator<LoopOutput, { error: unknown } | undefined> {
  try {
    yield* recordAnswer({ events: run.model.stream(buildRequest(run), run.signal), stepId, run })
    return undefined
  } catch (error) {
    return { error }
  }
}

function discardReason(options: { error: unknown; stopped: boolean; delayMs: number | undefined }): string {
  const { error, stopped, delayMs } = options
  if (stopped) return 'The run was stopped.'
  const what = error instanceof Error ? error.message : String(error)
  return delayMs === undefined ? what : `${what} Trying again in ${(delayMs / 1_000).toFixed(1)} s.`
}

function buildRequest({ view, model, tools, panelPolicy }: Run): ModelRequest {
  const { thinking, images } = model
  const messages = toMessages(view.events, { thinking, images, panelPolicy })
  const problems = validateHistory(messages, model)
  if (problems.length > 0) throw new Error(`The history is not fit to be sent. ${problems.join(' ')}`)
  return {
    messages,
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    outputTokensMax: Math.min(outputTokensMax, model.outputTokensMax),
  }
}

/** Ids count on through the conversation, so that none comes twice in it. */
function count({ view }: Run, type: string): number {
  return view.events.filter((event) => event.type === type).length
}

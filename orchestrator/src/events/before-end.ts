import type { EventDraft, StoredEvent } from './durable.js'
import { endsRun } from './run-end.js'
import { runFamily } from './run-family.js'

/** What the model reads of a call that was under way when the process ended. */
export const outcomeUnknownText = 'Outcome unknown after a restart: verify before repeating.'
const cancelledText = 'Cancelled while it ran; it may have taken effect in part. Verify before repeating it.'
const notRunText = 'Not run: the run ended before this call was started.'

/** What the model reads of a call that has no result and will get none. */
export function missingResultText({ wasStarted, cancelled }: { wasStarted: boolean; cancelled: boolean }): string {
  if (!wasStarted) return notRunText
  return cancelled ? cancelledText : outcomeUnknownText
}

/**
 * What has to stand in the log before the end of a run: a result for each call that has none, of its own and of the
 * runs inside it, and the ends of these, the innermost first.
 */
export function beforeEnd(
  log: readonly StoredEvent[],
  { runId, cancelled }: { runId: string; cancelled: boolean },
): EventDraft[] {
  const results = unansweredCalls(log, runId).map(({ event, wasStarted }): EventDraft => {
    const { stepId, parentRunId, data } = event
    const text = missingResultText({ wasStarted, cancelled })
    const result = { callId: data.callId, ok: false, content: [{ type: 'text' as const, text }], meta: {} }
    return { type: 'tool.finished', runId: event.runId, parentRunId, stepId, data: result }
  })
  const ended = new Set(log.flatMap((event) => (endsRun({ type: event.type }) ? [event.runId] : [])))
  const open = [...runFamily(log, runId)].filter((id) => id !== runId && !ended.has(id)).reverse()
  const ends = open.map((id): EventDraft => {
    const parentRunId = log.find((event) => event.runId === id)?.parentRunId
    return { type: 'run.cancelled', runId: id, parentRunId, data: {} }
  })
  return [...results, ...ends]
}

export interface UnansweredCall {
  event: Extract<StoredEvent, { type: 'tool.called' }>
  wasStarted: boolean
}

/** The calls of a run, and of those inside it, that have no result. Those of a discarded answer were never the model's. */
export function unansweredCalls(log: readonly StoredEvent[], runId: string): UnansweredCall[] {
  const family = runFamily(log, runId)
  const own = log.filter((event) => event.runId !== undefined && family.has(event.runId))
  const finished = new Set<string>()
  const started = new Set<string>()
  const discarded = new Set<string>()
  for (const event of own) {
    if (event.type === 'tool.finished') finished.add(keyOf(event, event.data.callId))
    else if (event.type === 'tool.started') started.add(keyOf(event, event.data.callId))
    else if (event.type === 'step.discarded') discarded.add(keyOf(event, event.stepId))
  }
  return own.flatMap((event) => {
    if (event.type !== 'tool.called' || discarded.has(keyOf(event, event.stepId))) return []
    const key = keyOf(event, event.data.callId)
    return finished.has(key) ? [] : [{ event, wasStarted: started.has(key) }]
  })
}

/** Sub-agents count their calls for themselves. */
function keyOf({ runId }: StoredEvent, id: string | undefined): string {
  return `${runId}/${id}`
}

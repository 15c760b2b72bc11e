import type { EventDraft, StoredEvent } from './durable.js'

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
 * runs inside it, and the ends of these.
 */
export function beforeEnd(
  log: readonly StoredEvent[],
  { runId, cancelled }: { runId: string; cancelled: boolean },
): EventDraft[] {
  const inside = runsInside(log, runId)
  const own = log.filter((event) => event.runId === runId || (event.runId !== undefined && inside.has(event.runId)))
  const results = unanswered(own).map(({ event, wasStarted }): EventDraft => {
    const { stepId, parentRunId, data } = event
    const text = missingResultText({ wasStarted, cancelled })
    const result = { callId: data.callId, ok: false, content: [{ type: 'text' as const, text }], meta: {} }
    return { type: 'tool.finished', runId: event.runId, parentRunId, stepId, data: result }
  })
  const open = [...inside].filter(([id]) => !own.some((event) => event.runId === id && isEnd(event)))
  // The innermost first.
  const ends = open
    .reverse()
    .map(([id, parentRunId]): EventDraft => ({ type: 'run.cancelled', runId: id, parentRunId, data: {} }))
  return [...results, ...ends]
}

type Called = Extract<StoredEvent, { type: 'tool.called' }>

/** Calls of an answer that was discarded were never the model's. */
function unanswered(own: readonly StoredEvent[]): { event: Called; wasStarted: boolean }[] {
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

/** The runs that were started inside a run, whatever the depth, each with the one that started it. */
function runsInside(log: readonly StoredEvent[], runId: string): Map<string, string> {
  const inside = new Map<string, string>()
  for (const { runId: id, parentRunId } of log) {
    if (id === undefined || parentRunId === undefined) continue
    if (parentRunId === runId || inside.has(parentRunId)) inside.set(id, parentRunId)
  }
  return inside
}

function keyOf({ runId }: StoredEvent, id: string | undefined): string {
  return `${runId}/${id}`
}

function isEnd({ type }: StoredEvent): boolean {
  return type === 'run.finished' || type === 'run.failed' || type === 'run.cancelled'
}

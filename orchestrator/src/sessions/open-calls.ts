import type { EventDraft } from '../events/index.js'

export interface OpenCall {
  callId: string
  name: string
}

/** The tool calls that were dispatched and have not answered. */
export interface OpenCalls {
  apply(event: EventDraft): void
  list(): OpenCall[]
}

export function createOpenCalls(history: readonly EventDraft[]): OpenCalls {
  const names = new Map<string, string>()
  const open = new Map<string, string>()

  /** Sub-agents count their calls for themselves. */
  const keyOf = ({ parentRunId, runId }: EventDraft, callId: string) =>
    parentRunId === undefined ? callId : `${runId}/${callId}`
  const apply = (event: EventDraft) => {
    if (event.type !== 'tool.called' && event.type !== 'tool.started' && event.type !== 'tool.finished') return
    const { callId } = event.data
    const key = keyOf(event, callId)
    if (event.type === 'tool.called') names.set(key, event.data.name)
    else if (event.type === 'tool.started') open.set(key, callId)
    else open.delete(key)
  }
  for (const event of history) apply(event)

  return { apply, list: () => [...open].map(([key, callId]) => ({ callId, name: names.get(key) ?? 'unknown' })) }
}

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
  const open = new Set<string>()

  const apply = (event: EventDraft) => {
    if (event.type === 'tool.called') names.set(event.data.callId, event.data.name)
    if (event.type === 'tool.started') open.add(event.data.callId)
    if (event.type === 'tool.finished') open.delete(event.data.callId)
  }
  for (const event of history) apply(event)

  return { apply, list: () => [...open].map((callId) => ({ callId, name: names.get(callId) ?? 'unknown' })) }
}

import type { EventDraft } from '../events/index.js'

/** An event of the log, or one that is about to become one and has no place yet. */
export type LogEvent = EventDraft & {
  runId?: string | undefined
  seq?: number | undefined
}

/** What still counts: events between a point of return and the return to it are left out. */
export function effectiveEvents(events: readonly LogEvent[]): LogEvent[] {
  let kept: LogEvent[] = []
  for (const event of events) {
    if (event.type === 'session.reverted') {
      const { seq } = event.data
      kept = kept.filter((earlier) => earlier.seq === undefined || earlier.seq <= seq)
    } else kept.push(event)
  }
  return kept
}

/** From here on, what was said of panels before is taken back and all that is open stands afresh. */
export function collapsesPanels({ type }: LogEvent): boolean {
  return type === 'epoch' || type === 'compaction.finished'
}

/**
 * Codes of the `notice` events that are written for the model: the log holds every word a request is made of.
 * `system` and `workspace` come once in a session, before its first model call; the details of `system` hold the
 * nonce of the panels.
 */
export const modelNotices = {
  system: 'context.system',
  workspace: 'context.workspace',
  nudge: 'context.nudge',
} as const

import { effectiveEvents, type LogEvent } from '../log-event.js'
import { inRevisionOrder } from './reports.js'

/** How far the model has been told of a panel. */
export interface PanelPosition {
  id: string
  /** Every report up to this revision is in the log. */
  since: number
  /** The server's opaque state, as it came with the newest report. */
  state: unknown
}

/**
 * A report counts its revision up by one, so a gap is the report of a call whose answer was lost (cancelled, or its
 * server died): `since` stays before it, and the next read tells what is missing.
 */
export function panelPositions(log: readonly LogEvent[]): PanelPosition[] {
  const positions = new Map<string, PanelPosition>()
  for (const event of inRevisionOrder(effectiveEvents(log))) {
    if (event.type !== 'panel.changed') continue
    const { panel: id, revision, state, callId } = event.data
    const known = positions.get(id)?.since ?? 0
    const isRead = callId === undefined
    positions.set(id, { id, since: isRead || revision === known + 1 ? revision : known, state })
  }
  return [...positions.values()]
}

/**
 * Counts the branches that the session has gone through: what a server remembers of a conversation is not true of the
 * one that begins where the log was reverted, or where a process died and the answers under way were lost.
 */
export function branchOf(log: readonly LogEvent[]): number {
  return log.filter(
    (event) => event.type === 'session.reverted' || (event.type === 'notice' && event.data.code === resumedNotice),
  ).length
}

/** What the sessions write into the log of a run that goes on in another process. */
const resumedNotice = 'run_resumed'

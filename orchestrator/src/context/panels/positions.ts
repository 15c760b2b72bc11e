import { runResumedCode } from '../../events/index.js'
import { effectiveEvents, type LogEvent } from '../log-event.js'
import { withoutGaps } from './reports.js'

/** How far the model has been told of a panel. */
export interface PanelPosition {
  id: string
  /** The revision up to which everything was told. */
  since: number
  /** The server's opaque state at that revision. */
  state: unknown
}

export function panelPositions(log: readonly LogEvent[]): PanelPosition[] {
  const positions = new Map<string, PanelPosition>()
  for (const event of withoutGaps(effectiveEvents(log))) {
    if (event.type !== 'panel.changed') continue
    const { panel: id, revision: since, state } = event.data
    positions.set(id, { id, since, state })
  }
  return [...positions.values()]
}

/**
 * Counts the branches that the session has gone through: what a server remembers of a conversation is not true of the
 * one that begins where the log was reverted, or where a process died and the answers under way were lost.
 */
export function branchOf(log: readonly LogEvent[]): number {
  return log.filter(
    (event) => event.type === 'session.reverted' || (event.type === 'notice' && event.data.code === runResumedCode),
  ).length
}

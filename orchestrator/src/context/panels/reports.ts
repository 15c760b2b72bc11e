import type { LogEvent } from '../log-event.js'

export type PanelReport = Extract<LogEvent, { type: 'panel.changed' }>

/**
 * The log with its panel reports in the order in which the servers made them. Calls that run side by side may answer
 * in another one, and a later change must not be applied before an earlier one. Across calls that did not overlap the
 * log is right, also when a server that lost its memory counts from the beginning again.
 */
export function inRevisionOrder(log: readonly LogEvent[]): LogEvent[] {
  const ordered = [...log]
  for (const slots of overlappingReports(log)) {
    const reports = slots.map(({ report }) => report).sort((a, b) => a.data.revision - b.data.revision)
    for (const [index, report] of reports.entries()) ordered[slots[index]?.at ?? 0] = report
  }
  return ordered
}

interface Slot {
  at: number
  report: PanelReport
}

/** The places of the reports of one panel by calls of which some were under way all the time. */
function overlappingReports(log: readonly LogEvent[]): Slot[][] {
  const found: Slot[][] = []
  const underWay = new Set<string>()
  let open = new Map<string, Slot[]>()
  for (const [at, event] of log.entries()) {
    if (event.type === 'tool.started') underWay.add(event.data.callId)
    else if (event.type === 'tool.finished') underWay.delete(event.data.callId)
    else if (event.type === 'step.started') underWay.clear()
    else if (event.type === 'panel.changed' && event.data.callId !== undefined) {
      open.set(event.data.panel, [...(open.get(event.data.panel) ?? []), { at, report: event }])
    }
    if (underWay.size > 0) continue
    found.push(...open.values())
    open = new Map()
  }
  return [...found, ...open.values()].filter(({ length }) => length > 1)
}

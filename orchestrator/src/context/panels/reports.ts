import type { LogEvent } from '../log-event.js'

export type PanelReport = Extract<LogEvent, { type: 'panel.changed' }>

/**
 * The log with those panel reports alone that the model can be told, in the order in which they were made. A server
 * counts its revision up by one with every report, so a gap is the report of a call whose answer was lost (it was
 * cancelled, or the server died). What comes after a gap cannot be applied; the next read, which is asked from the
 * revision before the gap, tells it all afresh.
 */
export function withoutGaps(log: readonly LogEvent[]): LogEvent[] {
  const known = new Map<string, number>()
  return inRevisionOrder(log).filter((event) => {
    if (event.type !== 'panel.changed') return true
    const { panel, revision, callId } = event.data
    const isNext = callId === undefined || revision === (known.get(panel) ?? 0) + 1
    if (isNext) known.set(panel, revision)
    return isNext
  })
}

/** Calls that run side by side may answer in another order than they were made in; across others the log is right. */
function inRevisionOrder(log: readonly LogEvent[]): LogEvent[] {
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

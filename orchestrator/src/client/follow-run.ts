import { endsRun, type SessionEvent } from '../events/index.js'

export interface RunPlace {
  sessionId: string
  runId: string
}

export interface FollowRun {
  run: RunPlace
  /** The events of the session from the beginning of the run on. */
  begin: AsyncIterable<SessionEvent>
  /** The events of a session in which the run goes on. */
  open(sessionId: string): AsyncIterable<SessionEvent>
}

/** The events of a run and of its sub-agents until its end, and on in the sessions in which it continues. */
export async function* followRun({ run, begin, open }: FollowRun): AsyncGenerator<SessionEvent> {
  let place: RunPlace | undefined = run
  let events = begin
  while (place !== undefined) {
    const next: RunPlace | undefined = yield* untilEnd(events, place.runId)
    if (next !== undefined) events = open(next.sessionId)
    place = next
  }
}

/** Returns where the run continues, if it does. */
async function* untilEnd(
  events: AsyncIterable<SessionEvent>,
  runId: string,
): AsyncGenerator<SessionEvent, RunPlace | undefined> {
  const family = new Set([runId])
  let next: RunPlace | undefined
  for await (const event of events) {
    if ('parentRunId' in event && event.parentRunId !== undefined && family.has(event.parentRunId)) {
      if (event.runId !== undefined) family.add(event.runId)
    }
    // Another run may end in the same stretch of the log, before one that was queued or that interrupts it.
    if (event.runId !== undefined && !family.has(event.runId)) continue
    yield event
    if (event.runId !== runId) continue
    if (event.type === 'continued') next = { sessionId: event.data.sessionId, runId: event.data.runId }
    if (endsRun(event)) return event.type === 'run.finished' && event.data.status === 'continued' ? next : undefined
  }
  return undefined
}

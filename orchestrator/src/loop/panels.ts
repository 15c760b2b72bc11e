import { isDeepStrictEqual } from 'node:util'
import type { ToolOutcome } from '../connect/index.js'
import { branchOf, dueEpoch, type LogEvent, type PanelPosition, panelPositions } from '../context/index.js'
import type { LoopOutput } from '../events/index.js'
import type { Run } from './run.js'

/** What a server that has forgotten the conversation needs to know, from the log alone. */
export function standingOf(log: readonly LogEvent[]): { branch: number; panels: PanelPosition[] } {
  return { branch: branchOf(log), panels: panelPositions(log) }
}

/** Tells the model what has become of the open files, in the form that costs least. Comes before each model call. */
export async function* refreshPanels(run: Run): AsyncGenerator<LoopOutput, void> {
  const standing = standingOf(run.view.events)
  const { results, problems } = await run.readPanels({ ...standing, signal: run.signal })
  for (const result of results) {
    const known = standing.panels.find(({ id }) => id === result.id)
    if (result.changes.length > 0 || result.revision !== (known?.since ?? 0)) yield changed(result)
  }
  for (const problem of problems) if (!isTold(problem, run)) yield unread(problem)

  if (run.panelPolicy !== 'auto') return
  const reason = dueEpoch({ log: run.view.events, model: run.model, nowMs: run.clock.now() })
  if (reason !== undefined) yield { kind: 'event', event: { type: 'epoch', data: { reason } } }
}

/** What a call has changed. It is in the log before the call's end: what has an end is told whole. */
export function* callChanges(
  { panel }: ToolOutcome,
  { stepId, callId }: { stepId: string; callId: string },
): Generator<LoopOutput, void> {
  if (panel) yield changed(panel, { stepId, callId })
}

type PanelResult = NonNullable<ToolOutcome['panel']>

function changed(result: PanelResult, call?: { stepId: string; callId: string }): LoopOutput {
  const { id: panel, revision, changes, state } = result
  const data = { panel, revision, changes, state, ...(call ? { callId: call.callId } : {}) }
  return { kind: 'event', event: { type: 'panel.changed', data, ...(call ? { stepId: call.stepId } : {}) } }
}

const unreadCode = 'panel.unread'

function unread(problem: { panel: string; message: string }): LoopOutput {
  const message = `The panel "${problem.panel}" could not be read, so the model may see an older state: ${problem.message}`
  return { kind: 'event', event: { type: 'notice', data: { code: unreadCode, message, details: problem } } }
}

/** A server that stays away is reported once in a run. */
function isTold(problem: { panel: string; message: string }, { view, id }: Run): boolean {
  return view.events.some(
    (event) =>
      event.runId === id &&
      event.type === 'notice' &&
      event.data.code === unreadCode &&
      isDeepStrictEqual(event.data.details, problem),
  )
}

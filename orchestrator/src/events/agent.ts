import type { EventDraft, StoredEvent } from './durable.js'
import type { DeltaType } from './ephemeral.js'

/**
 * `part` is a key local to the run (`text:3`). A durable `….started` that carries it opens the part, deltas add to
 * it, and the next durable event that carries it closes it, as do the end of its step and of the run.
 */
export type LoopOutput =
  | { kind: 'event'; event: EventDraft; part?: string }
  | { kind: 'delta'; type: DeltaType; part: string; text: string }

export interface AgentTask {
  sessionId: string
  runId: string
  workspace: string
  model?: string
  /** The whole log up to and including this run's `run.started`, or beyond it when the run is resumed. */
  history: readonly StoredEvent[]
  signal: AbortSignal
}

/**
 * What answers an input. It is pulled: each durable event is in the log before the iterator is resumed, so whatever
 * it does after yielding `tool.started` cannot be lost. It ends by yielding `run.finished`; throwing fails the run.
 */
export type Agent = (task: AgentTask) => AsyncIterable<LoopOutput>

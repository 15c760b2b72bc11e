import type { ApprovalPolicy } from './approvals.js'
import type { Content } from './content.js'
import type { EventDraft, SandboxWish, StoredEvent } from './durable.js'
import type { DeltaType } from './ephemeral.js'

/**
 * `part` is a key local to the run (`text:3`). A durable `….started` that carries it opens the part, deltas add to
 * it, and the next durable event that carries it closes it, as do the end of its step and of the run.
 */
export type LoopOutput =
  | {
      kind: 'event'
      event: EventDraft
      part?: string
      /**
       * The seq that the log must end at, or the event is dropped: it was decided without knowing of a later one. The
       * iterator is resumed all the same and finds in the log what came in between.
       */
      onlyAt?: number
    }
  /** `runId` is that of a sub-agent's run; the run itself when absent. */
  | { kind: 'delta'; type: DeltaType; part: string; text: string; runId?: string }

/** The log of a session while a run works on it. */
export interface LiveLog {
  /** In the order of the store. Grows in place, by what the run yields and by what others append: steering, answers. */
  readonly events: readonly StoredEvent[]
  /** Calls back after each append, until the returned function is called. */
  onAppend(listener: () => void): () => void
}

export interface AgentTask {
  sessionId: string
  runId: string
  workspace: string
  sandbox: SandboxWish
  model?: string
  approvals?: ApprovalPolicy
  /** Holds at least everything up to this run's `run.started`. */
  log: LiveLog
  signal: AbortSignal
  /**
   * To be awaited before the first change of the workspace: it is then kept as it was before the turn, where that can
   * be done. Never rejects.
   */
  keepWorkspace(): Promise<void>
  /** Opens the session in which the conversation goes on once this run has ended; the same key opens it once. */
  openNext(request: { key: string; content: Content }): Promise<{ sessionId: string; runId: string }>
}

/**
 * What answers an input. It is pulled: each durable event is in the log before the iterator is resumed, so whatever
 * it does after yielding `tool.started` cannot be lost. It ends by yielding `run.finished`; throwing fails the run.
 */
export type Agent = (task: AgentTask) => AsyncIterable<LoopOutput>

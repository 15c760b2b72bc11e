import { Failure } from '@auroracoder/kit/jail'
import type { ToolInfo, ToolSet } from '../connect/index.js'
import type { PanelPolicy } from '../context/index.js'
import type { ApprovalAction, Content, LoopOutput } from '../events/index.js'
import type { Model } from '../providers/index.js'
import type { Clock } from './clock.js'
import type { RunLimits } from './limits.js'
import type { LogView } from './log-view.js'

/** One run under way. All it knows is in the log. */
export interface Run {
  readonly id: string
  readonly sessionId: string
  /** The events of this conversation: those of sub-agents are not among them, or, in a sub-agent's, nothing else. */
  readonly view: LogView
  /** The whole log, sub-agents included. */
  readonly all: LogView
  readonly signal: AbortSignal
  readonly model: Model
  /** Writes summaries. */
  readonly secondaryModel: () => Model
  readonly tools: readonly ToolInfo[]
  /** Servers whose tools the run has to do without. */
  readonly problems: ToolSet['problems']
  /** A call that does more than read is refused, whatever the model was offered. */
  readonly readOnly: boolean
  /** 0 for the session's own runs, 1 for their sub-agents. */
  readonly depth: number
  readonly callTool: ToolSet['call']
  readonly readPanels: ToolSet['readPanels']
  readonly panelPolicy: PanelPolicy
  readonly opening: Opening
  readonly approve: Approve
  readonly isJournalled: IsJournalled
  readonly openNext: OpenNext
  readonly keepOutput: KeepOutput
  readonly limits: RunLimits
  readonly clock: Clock
  /** Works on a run inside this one, such as a sub-agent's: its wall time is this one's. */
  readonly work: (run: Run) => AsyncGenerator<LoopOutput, void>
  /** Time that passes until the returned function is called is nobody's work and counts for no limit. */
  readonly pause: () => () => void
}

/** What opens a conversation; asked for once, then it is in the log. */
export interface Opening {
  system(role: 'agent' | 'subagent'): string
  workspace(): Promise<string>
}

/** What the session's policy says of a call. */
export type Approve = (call: { tool: ToolInfo; args: Readonly<Record<string, unknown>> }) => ApprovalAction

/** Whether the tool answers a call whose key it knows with what that call came to, so that it can be sent again. */
export type IsJournalled = (tool: ToolInfo) => boolean

/** Opens the session in which the conversation goes on; the same key opens it once. */
export type OpenNext = (request: { key: string; content: Content }) => Promise<{ sessionId: string; runId: string }>

/** Keeps the whole of an output that was cut, and says how the model can read it; undefined when it cannot be kept. */
export type KeepOutput = (output: { name: string; text: string }) => Promise<string | undefined>

/** A run that cannot go on though nothing is broken. */
export class RunFailure extends Failure {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

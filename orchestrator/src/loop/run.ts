import { Failure } from '@auroracoder/kit/jail'
import type { ToolInfo, ToolSet } from '../connect/index.js'
import type { LogEvent, PanelPolicy } from '../context/index.js'
import type { Model } from '../providers/index.js'
import type { Clock } from './clock.js'
import type { RunLimits } from './limits.js'

/** One run under way. `log` is all it knows; the loop alone adds to it, what it yields and what it is told. */
export interface Run {
  readonly id: string
  readonly log: LogEvent[]
  readonly signal: AbortSignal
  readonly model: Model
  readonly tools: readonly ToolInfo[]
  readonly callTool: ToolSet['call']
  readonly readPanels: ToolSet['readPanels']
  readonly panelPolicy: PanelPolicy
  readonly opening: { system(): string; workspace(): Promise<string> }
  readonly steered: () => readonly LogEvent[]
  readonly limits: RunLimits
  readonly clock: Clock
}

/** A run that cannot go on though nothing is broken. */
export class RunFailure extends Failure {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

import type { ElicitAnswer, PanelRead, Question } from '@auroracoder/kit/client'
import type { PanelResult } from '@auroracoder/kit/wire'

/** How far the model has been told of a panel, as the log says: a server that forgot the conversation takes it up. */
export type PanelPosition = Omit<PanelRead, 'conversation'>

/** Which conversation a request belongs to and what its model knows. Everything of it is in the log. */
export interface Standing {
  /** Counts the branches of the session: servers know one from another. */
  branch: number
  /** A sub-agent's conversation inside the session; the session's own when absent. */
  thread?: string
  panels: readonly PanelPosition[]
}

/** A tool as the loop sees it: it knows no MCP. */
export interface ToolInfo {
  /** Unique within the set and fit for model APIs: `[A-Za-z0-9_-]{1,64}`. */
  name: string
  /** The server that has it. */
  server: string
  description: string
  inputSchema: Record<string, unknown>
  /** Ours: it normalises and validates its arguments itself, and its hints are true. */
  trusted: boolean
  /** Whether a call with these arguments only reads, so that it may run beside others and be repeated after a crash. */
  isReadOnly(args: Readonly<Record<string, unknown>>): boolean
  /** Some call of it only reads. */
  mayRead: boolean
  /** A call may destroy what was there. Of a server that is not ours always: its hints prove nothing. */
  isDestructive: boolean
}

/** What a server asks the user in the middle of a call. */
export interface Elicitation extends Question {
  server: string
}

export interface ToolRequest extends Standing {
  name: string
  args: Record<string, unknown>
  /** `"<run>/<step>/<call>"`: repeating a key never repeats the effect. */
  key: string
  /** `"<run>/<step>"`. */
  step: string
  signal: AbortSignal
  onProgress(message: string): void
  /** The call waits for the answer, however long it takes; it is let go when the call is aborted. */
  elicit(question: Elicitation): Promise<ElicitAnswer>
  /** `level` is one of MCP's, from `debug` to `emergency`. */
  onLog(entry: { server: string; level: string; text: string }): void
}

export interface ToolOutcome {
  ok: boolean
  text: string
  images: readonly { data: string; mimeType: string }[]
  /** The arguments in the form that really ran, when the server corrected them. */
  applied: Record<string, unknown> | undefined
  /** Facts for machines, as the server gave them. */
  facts: Record<string, unknown> | undefined
  /** What the call has changed in its server's panel. */
  panel: PanelResult | undefined
}

/** What has changed in the panels without a call. */
export interface PanelReadings {
  results: readonly PanelResult[]
  /** Panels that could not be read, each with the reason. */
  problems: readonly { panel: string; message: string }[]
}

export interface ServerProblem {
  server: string
  /** A sentence for the user. */
  message: string
}

/** The tools of one session. The list is fixed, so that the prompt cache holds. */
export interface ToolSet {
  readonly tools: readonly ToolInfo[]
  /** What the servers say about how their tools fit together, in the order of the servers. */
  readonly instructions: readonly { server: string; text: string }[]
  /** What is missing from the set, and why: servers that did not start, tools that were left out. */
  readonly problems: readonly ServerProblem[]
  /**
   * Rejects only when aborted; whatever else goes wrong, also the death of the server, is an outcome with `ok: false`
   * that says what to do.
   */
  call(request: ToolRequest): Promise<ToolOutcome>
  /** Reads every panel that a server owns. Rejects only when aborted. */
  readPanels(request: Standing & { signal: AbortSignal }): Promise<PanelReadings>
}

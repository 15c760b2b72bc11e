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
}

export interface ToolRequest {
  name: string
  args: Record<string, unknown>
  /** `"<run>/<step>/<call>"`: repeating a key never repeats the effect. */
  key: string
  /** `"<run>/<step>"`. */
  step: string
  signal: AbortSignal
  onProgress(message: string): void
}

export interface ToolOutcome {
  ok: boolean
  text: string
  images: readonly { data: string; mimeType: string }[]
  /** The arguments in the form that really ran, when the server corrected them. */
  applied: Record<string, unknown> | undefined
  /** Facts for machines, as the server gave them. */
  facts: Record<string, unknown> | undefined
}

/** The tools of one session. The list is fixed, so that the prompt cache holds. */
export interface ToolSet {
  readonly tools: readonly ToolInfo[]
  /** What the servers say about how their tools fit together, in the order of the servers. */
  readonly instructions: readonly { server: string; text: string }[]
  /**
   * Rejects only when aborted; whatever else goes wrong, also the death of the server, is an outcome with `ok: false`
   * that says what to do.
   */
  call(request: ToolRequest): Promise<ToolOutcome>
}

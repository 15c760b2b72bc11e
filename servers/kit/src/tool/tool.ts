import type { z } from 'zod'
import type { Reply } from '../reply/reply.js'

/** Tool hints of MCP, all four on every tool: hosts act on them. */
export interface Hints {
  readOnly: boolean
  destructive: boolean
  idempotent: boolean
  openWorld: boolean
}

/** For a tool with several actions: which values of `arg` only read. */
export interface Effects {
  arg: string
  read: readonly string[]
}

/** What a handler is told about one call, beside its arguments. */
export interface Call {
  readonly reply: Reply
  /** Aborted when the client cancels the request or the server shuts down. */
  readonly signal: AbortSignal
  /** Key of everything that lives across calls; `"default"` for hosts that send none. */
  readonly conversation: string
  /** `"<run>/<step>/<call>"`: a repeated key is the same call sent again. */
  readonly key?: string | undefined
  /** `"<run>/<step>"`: the calls of one model turn share it. */
  readonly step?: string | undefined
  /** Delimits views and hunks in text answers; constant for a conversation. */
  readonly nonce: string
  /** Largest text answer, in characters, that this client shows to its model. */
  readonly outputCharsMax: number
  /** The client keeps panels: it is sent changes as data and shows them until they are closed. */
  readonly keepsPanels: boolean
  /** Tells the client that work goes on. Cheap; no-op when the client asked for no progress. */
  progress(message: string): void
}

/** Receives one sentence for each habit of a model that was corrected, e.g. "Unknown field `foo` was ignored." */
export type Note = (sentence: string) => void

export type Arguments = Record<string, unknown>

export interface ToolDefinition<Shape extends z.ZodRawShape> {
  /** `^[a-z][a-z0-9_]{0,39}$` */
  name: string
  title: string
  /** At most 1,000 characters, built from the constants that the code enforces. */
  description: string
  /** Fields of a flat object. No unions; defaults and bounds are also said in each field's description. */
  input: Shape
  /** A correct call, shown when validation fails. */
  example: Arguments
  /** Rewrites what models send from habit into the canonical form, before validation. */
  accept?: (raw: Arguments, note: Note) => Arguments
  hints: Hints
  effects?: Effects
  /** Throws `Failure` for what the caller can mend. */
  handler(input: z.output<z.ZodObject<Shape>>, call: Call): Promise<void>
}

/** A tool whose argument type has been sealed in: `run` validates, then calls the handler. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly hints: Hints
  readonly effects?: Effects | undefined
  /** JSON Schema (2020-12), a flat object. */
  readonly inputSchema: { type: 'object'; [keyword: string]: unknown }
  run(raw: unknown, call: Call): Promise<void>
}

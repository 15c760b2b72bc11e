import type { CallToolResult, ListToolsResult, Server, ServerContext } from '@modelcontextprotocol/server'
import type { Call, Tool } from '../tool/tool.js'
import type { PanelChange } from '../wire/panel.js'

/** What the common flags and their environment twins came to. */
export interface ServerOptions {
  /** As given, not yet resolved; at least one. */
  readonly roots: readonly string[]
  /** Where the server may keep files across restarts. Not created yet. */
  readonly stateDir: string
  /** Values of the server's own flags. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly log: Log
}

/** Structured log lines on stderr; never stdout, which carries the protocol. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

export interface ResourceText {
  uri: string
  name: string
  description: string
  mimeType: string
  read(): Promise<string>
}

/**
 * State that a server keeps for each conversation and that clients with the panel extension show as a panel. Everything
 * is keyed by conversation; within one, the server's memory is right and wins over the client's.
 */
export interface PanelOwner {
  readonly id: string
  /** Before a call or a read: takes up the client's state when this process does not know the conversation. */
  adopt(conversation: string, state: unknown): Promise<void>
  /**
   * What the client does not know yet: changes by others, and those it has missed when its last revision `since` is
   * older than ours.
   */
  read(conversation: string, since: number): Promise<PanelReading>
  /**
   * After a call that told changes: the revision of its own report, so that a client can put reports of calls that ran
   * side by side in order and sees by a gap that one was lost.
   */
  position(call: Call): Promise<PanelPosition>
}

export interface PanelPosition {
  /** Counts up by one with every report of changes, and goes on from where an adopted state stood. */
  revision: number
  /** Opaque JSON of at most `panelStateCharsMax` characters. */
  state: unknown
}

export interface PanelReading extends PanelPosition {
  changes: readonly PanelChange[]
}

export interface CallParams {
  name: string
  arguments?: Record<string, unknown> | undefined
  _meta?: Record<string, unknown> | undefined
}

/** What the kit would answer. */
export interface KitHandlers {
  listTools(): ListToolsResult
  callTool(params: CallParams, context: ServerContext): Promise<CallToolResult>
}

/** What a server consists of once it runs. */
export interface Family {
  readonly tools: readonly Tool[]
  readonly resources?: readonly ResourceText[]
  readonly panel?: PanelOwner
  /**
   * The door to what MCP has and this kit has no form for. Called with each server before it is connected: a handler
   * that is set here replaces the kit's, which `kit` still answers for. None of our servers needs it.
   */
  extend?(server: Server, kit: KitHandlers): void
  /** Called once, on every kind of exit that can be caught; must settle within 700 ms. */
  close(): Promise<void>
}

/** A flag of one server only, for `node:util` parseArgs; its environment twin is derived from the name. */
export interface OwnFlag {
  type: 'string' | 'boolean'
  description: string
}

export interface ServerDefinition {
  /** Short name: `files` gives the bin `auroracoder-files` and the variables `AURORACODER_FILES_…`. */
  readonly name: string
  readonly title: string
  readonly version: string
  /** How the tools fit together; at most 1,500 characters. */
  readonly instructions: string
  readonly flags?: Readonly<Record<string, OwnFlag>>
  /** Throws `Failure` for options that cannot work (a root that does not exist). */
  create(options: ServerOptions): Promise<Family>
}

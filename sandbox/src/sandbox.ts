import type { Duplex } from 'node:stream'

/** The tool servers that can run in a sandbox, by the short name that is also their package's. */
export type ServerName = 'files' | 'shell'

/** How a process ended; `stderr` is the end of what it said, for the error message. */
export interface ExitReport {
  exitCode: number | null
  signal: string | null
  stderr: string
}

/** One running tool server. The stream carries MCP; closing it ends the server, also one that hangs. */
export interface ServerProcess {
  readonly stream: Duplex
  readonly exited: Promise<ExitReport>
}

export interface ExecRequest {
  /** An argument array; never a shell string. */
  command: readonly [string, ...string[]]
  /** Relative to the workspace. */
  cwd?: string
  signal?: AbortSignal
}

export interface ExecResult {
  exitCode: number | null
  stdout: string
  stderr: string
}

/**
 * Where the tools of one session run. An implementation must never hand a process inside more of the host's
 * environment than it needs, and `stop` must leave no process behind.
 */
export interface Sandbox {
  readonly driver: 'local' | 'docker'
  /** Whether what runs inside is kept from the rest of the machine. */
  readonly isBoundary: boolean
  /** The workspace as the tools inside see it. */
  readonly workspace: string
  start(): Promise<void>
  /** Starts a tool server inside and connects to it. */
  connect(server: ServerName): Promise<ServerProcess>
  exec(request: ExecRequest): Promise<ExecResult>
  /** Keeps the writable layer under a name. */
  snapshot(name: string): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  /** An address of the host that leads to a port inside. */
  port(inside: number): Promise<{ host: string; port: number }>
  stop(): Promise<void>
}

/** Something that the sandbox cannot do or that went wrong with it, said for a person. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
}

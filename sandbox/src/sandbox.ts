import type { Duplex } from 'node:stream'

/** The tool servers that can run in a sandbox, by the short name that is also their package's. */
export type ServerName = 'files' | 'shell'

/** How a process ended; `stderr` is the end of what it said, for the error message. */
export interface ExitReport {
  exitCode: number | null
  signal: string | null
  stderr: string
  /** What outside of it has ended it, as a clause: the container was removed, the engine has stopped. */
  reason?: string
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
  /** As root, which only a sandbox of the profile `dev` allows. */
  root?: boolean
  signal?: AbortSignal
}

export interface ExecResult {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Where the commands of the tools run, for the model. */
export interface Surroundings {
  /** E.g. `linux x64`. */
  platform: string
  /** Sentences about what is different there from a plain machine. */
  rules: readonly string[]
}

/**
 * Where the tools of one session run. An implementation must never hand a process inside more of the host's
 * environment than it needs, and `stop` must leave no process behind. What has ended by itself starts again with the
 * next `connect` or `exec`.
 */
export interface Sandbox {
  readonly driver: 'local' | 'docker'
  /** Whether what runs inside is kept from the rest of the machine. */
  readonly isBoundary: boolean
  /** The workspace as the tools inside see it. */
  readonly workspace: string
  readonly surroundings: Surroundings
  readonly canPause: boolean
  start(): Promise<void>
  /** Starts a tool server inside and connects to it. */
  connect(server: ServerName): Promise<ServerProcess>
  exec(request: ExecRequest): Promise<ExecResult>
  /** Writes a text where the tools can read it, and answers its path inside. */
  keep(file: { name: string; text: string }): Promise<string>
  /**
   * What has happened to the processes inside since it was last asked that they cannot know themselves: refused
   * connections, memory that was used up, a restart. Sentences for the model.
   *
   * @param exitCode that of the command that has just ended, which may have a reason that is still on its way
   */
  notes(exitCode?: number): Promise<readonly string[]>
  /** Keeps the writable layer as an image under a name, and answers the image's. */
  snapshot(name: string): Promise<string>
  pause(): Promise<void>
  resume(): Promise<void>
  /**
   * Does the work while nothing inside can move: what the host reads of the workspace must not be exchanged under its
   * hands. Where nothing is kept apart there is nothing to freeze.
   */
  frozen<T>(work: () => Promise<T>): Promise<T>
  /** An address of the host that leads to a port inside. */
  port(inside: number): Promise<{ host: string; port: number }>
  /** What the servers remember stays, for the next start. */
  stop(): Promise<void>
  /** Stops, and removes what the servers remember. */
  forget(): Promise<void>
}

/** Something that the sandbox cannot do or that went wrong with it, said for a person. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  /** What is missing may come back by itself, as an engine does that is started again. */
  readonly mayPass: boolean

  constructor(message: string, { cause, mayPass = false }: { cause?: unknown; mayPass?: boolean } = {}) {
    super(message, { cause })
    this.mayPass = mayPass
  }
}

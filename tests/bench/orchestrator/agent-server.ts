import type { EventStream, StreamRequest } from '../../streams/event-stream.js'

/** A headless agent server as a child process, in the words that the rows need. */
export interface AgentServer {
  readonly pid: number
  /** From its start until it said that it listens. */
  readonly readyMs: number
  newSession(): Promise<string>
  /** Resolves when the prompt was accepted. */
  prompt(session: string, text: string): Promise<void>
  /** As many streams as it takes to see these sessions. */
  watch(sessions: readonly string[], onEvent: (event: SeenEvent) => void): Promise<readonly EventStream[]>
  /** A reader of this session that never takes a byte. */
  stall(session: string): Promise<EventStream>
  /** Where a client that was cut can go on; absent where what it missed cannot be had. */
  readonly resumable?: (session: string) => Pick<StreamRequest, 'url' | 'headers'>
  stop(): Promise<void>
}

export interface SeenEvent {
  readonly session: string
  readonly data: string
  /** The session's run is over. */
  readonly isEnd: boolean
}

export interface Contestant {
  readonly label: string
  start(options: { folder: string; modelUrl: string }): Promise<AgentServer>
}

import type { Config, Settings } from '../config/config.js'
import type { Sessions } from '../sessions/index.js'

/** The assembled product, as the commands use it. */
export interface Orchestrator {
  readonly config: Config
  readonly sessions: Sessions
  /** The id of the model that runs use unless they name one; absent while no provider has a key. */
  readonly modelId: string | undefined
  /** In a sentence: in a container, or why not. */
  whereToolsRun(): Promise<string>
  /** Serves the API. Throws `Failure` when the port is taken. */
  listen(): Promise<Listening>
  close(): Promise<void>
}

export interface Listening {
  readonly url: string
  /** Holds the bearer token; absent when the environment gave the token. */
  readonly tokenFile: string | undefined
  /** A URL that logs a browser in, once. */
  loginUrl(): string
}

export interface OpenOptions {
  settings: Settings
  env: Readonly<Record<string, string | undefined>>
  /** Go on with runs that a stopped process left open. */
  recover: 'resume' | 'leave' | 'nothing'
  /** Opens also where no model can be used yet: a key may come over HTTP. */
  modelLater?: boolean
}

/** Throws `Failure` for a configuration that cannot work; one with the code `no_key` where no model can be used. */
export type OpenOrchestrator = (options: OpenOptions) => Promise<Orchestrator>

/** What a command gets from outside. */
export interface World {
  open: OpenOrchestrator
  env: Readonly<Record<string, string | undefined>>
  /** Where relative paths of the command line start. */
  cwd: string
}

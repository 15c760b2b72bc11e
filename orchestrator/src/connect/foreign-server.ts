import { join } from 'node:path'
import {
  type Connection,
  type ConnectOptions,
  connectHttp,
  connectStream,
  type RemoteTool,
  untilAborted,
} from '@auroracoder/kit/client'
import { createCredentialFile } from './credential-file.js'
import { startHostProcess } from './host-process.js'
import { howItEnded } from './sandbox-server.js'
import { ServerDied, type StartedServer } from './server-link.js'

/** A server that the user has configured, with every variable put in. */
export type ForeignServer = ProgramServer | HttpServer

export interface ProgramServer {
  command: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** The workspace of the session when absent. */
  cwd?: string
}

export interface HttpServer {
  url: string
  headers: Readonly<Record<string, string>>
  /** For the client credentials grant: a token in the name of this service. */
  oauth?: { clientId: string; clientSecret: string; scope?: string; issuer?: string }
}

export interface ForeignServerOptions {
  key: string
  server: ForeignServer
  workspace: string
  env: Readonly<Record<string, string | undefined>>
  /** Tokens are kept here, in files that only the user can read. */
  credentialsDir: string
  clientInfo: { name: string; version: string }
  /** Gives up a start that is under way. */
  signal: AbortSignal
}

export interface StartedForeignServer extends StartedServer {
  tools: readonly RemoteTool[]
}

/** A program that is fetched before it starts needs long. */
export const foreignConnectMsMax = 120_000

/** Rejects with `ServerDied`, which says why. */
export async function startForeignServer(options: ForeignServerOptions): Promise<StartedForeignServer> {
  const { key, server } = options
  try {
    return await ('url' in server ? startHttp(server, options) : startProgram(server, options))
  } catch (cause) {
    if (cause instanceof ServerDied) throw cause
    throw new ServerDied(`The ${key} server did not start: ${reasonOf(cause)}`, { cause })
  }
}

async function startHttp(server: HttpServer, options: ForeignServerOptions): Promise<StartedForeignServer> {
  const { oauth, url, headers } = server
  const { clientInfo, credentialsDir, key } = options
  const authorization = oauth && {
    clientName: clientInfo.name,
    store: createCredentialFile(join(credentialsDir, credentialName(key, url))),
    client: {
      id: oauth.clientId,
      secret: oauth.clientSecret,
      ...(oauth.issuer === undefined ? {} : { issuer: oauth.issuer }),
    },
    ...(oauth.scope === undefined ? {} : { scope: oauth.scope }),
  }
  const opening = connectHttp({ url, headers, ...(authorization ? { authorization } : {}) }, ways(options))
  const connection = await untilAborted(opening, options.signal).catch((error: unknown) => {
    void opening.then((late) => late.close()).catch(() => {})
    throw error
  })
  return { ...(await listed(connection)), ended: connection.closed.then(() => 'the connection was closed') }
}

async function startProgram(server: ProgramServer, options: ForeignServerOptions): Promise<StartedForeignServer> {
  const { signal } = options
  const first = await tryProgram(server, { ...options, revision: 'auto' })
  if ('started' in first) return first.started
  // Some servers of the 2025 revisions end at the first request that they do not know.
  if (!first.hasEnded || signal.aborted) throw first.error
  const second = await tryProgram(server, { ...options, revision: '2025' })
  if ('started' in second) return second.started
  throw first.error
}

type Attempt = { started: StartedForeignServer } | { error: ServerDied; hasEnded: boolean }

async function tryProgram(
  server: ProgramServer,
  options: ForeignServerOptions & Pick<ConnectOptions, 'revision'>,
): Promise<Attempt> {
  const { key, workspace, env, signal, revision } = options
  const program = startHostProcess({ ...server, cwd: server.cwd ?? workspace, inherited: env })
  const giveUp = (): void => void program.stream.destroy()
  signal.addEventListener('abort', giveUp, { once: true })
  const ended = program.exited.then(howItEnded)
  try {
    const connection = await connectStream(program.stream, { ...ways(options), revision })
    return { started: { ...(await listed(connection)), ended } }
  } catch (cause) {
    giveUp()
    const message = `The ${key} server did not start: ${reasonOf(cause)} (${await ended})`
    return { error: new ServerDied(message, { cause }), hasEnded: (await program.exited).exitCode !== null }
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

async function listed(connection: Connection): Promise<{ connection: Connection; tools: readonly RemoteTool[] }> {
  try {
    return { connection, tools: await connection.listTools() }
  } catch (error) {
    await connection.close()
    throw error
  }
}

function ways({ clientInfo }: ForeignServerOptions): ConnectOptions {
  return { clientInfo, revision: 'auto', offersElicitation: true, timeoutMs: foreignConnectMsMax }
}

/** One server's tokens never go to another that takes over its key. */
function credentialName(key: string, url: string): string {
  return `${Buffer.from(JSON.stringify([key, new URL(url).origin]))
    .toString('base64url')
    .slice(-80)}.json`
}

/** Node says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (/\b401\b|unauthorized/i.test(error.message)) {
    return `it wants a token (HTTP 401). Give one in "headers" or "oauth" of its entry in mcpServers.`
  }
  const deeper = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.message}${deeper}`
}

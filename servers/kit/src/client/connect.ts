import type { Duplex } from 'node:stream'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { type AuthorizationOptions, createAuthorizedFetch } from './authorization.js'
import { type Connection, type ConnectOptions, connectTimeoutMs, openConnection } from './connection.js'
import { createDuplexTransport } from './duplex-transport.js'

export const probeTimeoutMs = 10_000

/** Over any byte stream, such as the stdio of a process that someone else started. */
export function connectStream(stream: Duplex, options: ConnectOptions): Promise<Connection> {
  const { timeoutMs = connectTimeoutMs, revision } = options
  return openConnection(createDuplexTransport(stream), {
    // Where there is only one revision, nothing else is tried after the probe.
    probeTimeoutMs: revision === 'auto' ? Math.min(probeTimeoutMs, timeoutMs) : timeoutMs,
    ...options,
  })
}

export interface StdioCommand {
  command: string
  args: readonly string[]
  /** Added to the few variables that every child gets (PATH, HOME, …); nothing else is inherited. */
  env?: Readonly<Record<string, string>>
  cwd?: string
}

/** Starts a server as a child process, without a shell; the child ends with the connection. */
export function connectStdio({ command, args, env, cwd }: StdioCommand, options: ConnectOptions): Promise<Connection> {
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    stderr: 'ignore',
    ...(env ? { env: { ...env } } : {}),
    ...(cwd ? { cwd } : {}),
  })
  return openConnection(transport, options)
}

export interface HttpEndpoint {
  url: string
  headers?: Readonly<Record<string, string>>
  /** Used when the server answers that it wants a token. */
  authorization?: AuthorizationOptions
}

export function connectHttp(endpoint: HttpEndpoint, options: ConnectOptions): Promise<Connection> {
  const { headers, authorization } = endpoint
  const url = new URL(endpoint.url)
  const transport = new StreamableHTTPClientTransport(url, {
    ...(headers ? { requestInit: { headers: { ...headers } } } : {}),
    ...(authorization ? { fetch: createAuthorizedFetch(url, authorization) } : {}),
  })
  return openConnection(transport, options)
}

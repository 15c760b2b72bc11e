import { type CallToolResult, Client, SdkError, SdkErrorCode, type Transport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { callSettledMethod, callSettledResultSchema, callSettleMsMax } from '../wire/call.js'
import {
  type PanelReadResult,
  panelCapabilitySchema,
  panelExtension,
  panelReadMethod,
  panelReadResultSchema,
  panelVersion,
} from '../wire/panel.js'

export interface RemoteTool {
  name: string
  description: string
  inputSchema: Record<string, unknown>
  annotations: { readOnlyHint?: boolean | undefined; destructiveHint?: boolean | undefined }
  meta: Readonly<Record<string, unknown>>
}

export interface RemoteImage {
  data: string
  mimeType: string
}

/** What a tool answered, with the parts that a model can be shown taken apart. */
export interface RemoteResult {
  ok: boolean
  text: string
  images: readonly RemoteImage[]
  meta: Readonly<Record<string, unknown>>
}

export interface RemoteCall {
  name: string
  args: Record<string, unknown>
  meta?: Readonly<Record<string, unknown>>
  signal: AbortSignal
  onProgress?(message: string): void
  /** Without a sign of life; progress arms it again. */
  silenceMs?: number
}

export interface PanelRead {
  id: string
  conversation: string
  /** As the server returned it last; absent before. */
  state?: unknown
  /** The revision that came with it; 0 before. */
  since: number
}

/** A call was given up because the server gave no sign of life; it may hang. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent'
}

export interface Connection {
  readonly serverName: string
  readonly instructions: string | undefined
  /** Ids of the panels that the server owns. */
  readonly panels: readonly string[]
  listTools(): Promise<readonly RemoteTool[]>
  /**
   * Rejects when the connection breaks or the call is aborted, and with `ServerSilent` after `silenceMs`; a tool that
   * fails resolves with `ok: false`.
   */
  callTool(call: RemoteCall): Promise<RemoteResult>
  /** What has changed in a panel without a call of ours. */
  readPanel(request: PanelRead): Promise<PanelReadResult>
  /**
   * Settles when the call with this key is over, as far as the server can say (ours can), with whether the server has
   * answered at all: one that has not may hang. Never rejects.
   */
  callSettled(key: string): Promise<boolean>
  /** Settles when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

export interface ConnectOptions {
  clientInfo: { name: string; version: string }
  /** `'2026-07-28'` for servers known to speak it, `'auto'` for any other. */
  revision: '2026-07-28' | 'auto'
  timeoutMs?: number
}

export const connectTimeoutMs = 30_000
export const callSilenceMs = 120_000
const settleAnswerMs = 2_000

/** Opens an MCP connection over a transport; on failure the transport is closed. */
export async function openConnection(
  transport: Transport,
  { clientInfo, revision, timeoutMs = connectTimeoutMs }: ConnectOptions,
): Promise<Connection> {
  const mode = revision === 'auto' ? 'auto' : { pin: revision }
  const client = new Client(clientInfo, { versionNegotiation: { mode }, capabilities: clientCapabilities })
  const closed = new Promise<void>((resolve) => {
    client.onclose = resolve
  })
  try {
    await client.connect(transport, { timeout: timeoutMs })
  } catch (error) {
    await transport.close()
    throw error
  }
  return {
    serverName: client.getServerVersion()?.name ?? 'unnamed',
    instructions: client.getInstructions(),
    panels: panelsOf(client.getServerCapabilities() ?? {}),
    closed,
    close: () => client.close(),
    listTools: async () => (await client.listTools()).tools.map(remoteTool),
    readPanel: ({ id, conversation, state, since }) =>
      client.request(
        { method: panelReadMethod, params: { id, conversation, since, ...(state === undefined ? {} : { state }) } },
        panelReadResultSchema,
      ),
    async callSettled(key) {
      const timeout = callSettleMsMax + settleAnswerMs
      try {
        await client.request({ method: callSettledMethod, params: { key } }, callSettledResultSchema, { timeout })
        return true
      } catch (error) {
        return !isSilence(error)
      }
    },
    async callTool({ name, args, meta, signal, onProgress, silenceMs = callSilenceMs }) {
      const request = { name, arguments: args, ...(meta ? { _meta: { ...meta } } : {}) }
      const options = {
        signal,
        timeout: silenceMs,
        resetTimeoutOnProgress: true,
        onprogress: ({ message }: { message?: string | undefined }) => onProgress?.(message ?? ''),
      }
      try {
        return remoteResult(await client.callTool(request, options))
      } catch (error) {
        if (!isSilence(error) || signal.aborted) throw error
        throw new ServerSilent(`no sign of life for ${silenceMs} ms`, { cause: error })
      }
    },
  }
}

const declared = { [panelExtension]: { version: panelVersion } }
const clientCapabilities = { extensions: declared, experimental: declared }
const serverDeclaredSchema = z.object({ [panelExtension]: panelCapabilitySchema })

function panelsOf({ extensions, experimental }: { extensions?: unknown; experimental?: unknown }): readonly string[] {
  const found = [extensions, experimental].map((where) => serverDeclaredSchema.safeParse(where).data)
  return found.find((capability) => capability !== undefined)?.[panelExtension].panels ?? []
}

function isSilence(error: unknown): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
}

type ListedTool = Awaited<ReturnType<Client['listTools']>>['tools'][number]

function remoteTool(tool: ListedTool): RemoteTool {
  return {
    name: tool.name,
    description: tool.description ?? '',
    inputSchema: tool.inputSchema,
    annotations: tool.annotations ?? {},
    meta: tool._meta ?? {},
  }
}

function remoteResult(result: CallToolResult): RemoteResult {
  const text: string[] = []
  const images: RemoteImage[] = []
  const addImage = ({ data, mimeType }: RemoteImage): void => {
    if (z.base64().safeParse(data).success) images.push({ data, mimeType })
    else text.push(`[an image, ${mimeType}, that is not valid base64]`)
  }
  for (const block of result.content) {
    if (block.type === 'text') text.push(block.text)
    else if (block.type === 'image') addImage(block)
    else text.push(describe(block))
  }
  // Servers that answer with data alone still have to be read.
  if (text.length === 0 && images.length === 0 && result.structuredContent !== undefined) {
    text.push(JSON.stringify(result.structuredContent))
  }
  return { ok: result.isError !== true, text: text.join('\n'), images, meta: result._meta ?? {} }
}

function describe(block: Exclude<CallToolResult['content'][number], { type: 'text' | 'image' }>): string {
  switch (block.type) {
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[binary resource ${block.resource.uri}]`
    case 'resource_link':
      return `[resource ${block.uri}]`
    case 'audio':
      return `[audio, ${block.mimeType}]`
  }
}

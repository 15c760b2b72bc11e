import {
  Client,
  type ClientCapabilities,
  SdkError,
  SdkErrorCode,
  type Tool,
  type Transport,
} from '@modelcontextprotocol/client'
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
import { callTool, type RemoteCall } from './call-tool.js'
import { type CallsUnderWay, newestOf } from './calls-under-way.js'
import type { RemoteResult } from './remote-result.js'

export interface RemoteTool {
  name: string
  description: string
  inputSchema: Record<string, unknown>
  annotations: { readOnlyHint?: boolean | undefined; destructiveHint?: boolean | undefined }
  meta: Readonly<Record<string, unknown>>
}

export interface PanelRead {
  id: string
  conversation: string
  /** As the server returned it last; absent before. */
  state?: unknown
  /** The revision that came with it; 0 before. */
  since: number
}

export interface Connection {
  readonly serverName: string
  readonly instructions: string | undefined
  /** Ids of the panels that the server owns. */
  readonly panels: readonly string[]
  /** All pages; rejects when there are more than `listPagesMax`. */
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
  /** `'2026-07-28'` for servers known to speak it, `'2025'` for those known not to, `'auto'` for any other. */
  revision: '2026-07-28' | '2025' | 'auto'
  /** Tells the server that its questions are answered: each call brings its `elicit`. */
  offersElicitation?: boolean
  timeoutMs?: number
  /** For `'auto'` over a byte stream: a server that is silent for so long is taken for one of the 2025 revisions. */
  probeTimeoutMs?: number
}

export const connectTimeoutMs = 30_000
export const listPagesMax = 64
const settleAnswerMs = 2_000

/** Opens an MCP connection over a transport; on failure the transport is closed. */
export async function openConnection(transport: Transport, options: ConnectOptions): Promise<Connection> {
  const { timeoutMs = connectTimeoutMs } = options
  const calls: CallsUnderWay = new Set()
  const client = createClient(options, calls)
  const closed = new Promise<void>((resolve) => {
    client.onclose = resolve
  })
  try {
    await client.connect(transport, { timeout: timeoutMs })
  } catch (error) {
    await transport.close()
    throw error
  }
  let listed: ReadonlyMap<string, Tool> = new Map()
  return {
    serverName: client.getServerVersion()?.name ?? 'unnamed',
    instructions: client.getInstructions(),
    panels: panelsOf(client.getServerCapabilities() ?? {}),
    closed,
    close: () => client.close(),
    async listTools() {
      // The SDK would print a line about it, and stdout is not its to print on.
      if (!client.getServerCapabilities()?.tools) return []
      const { tools } = await client.listTools()
      listed = new Map(tools.map((tool) => [tool.name, withoutOutputSchema(tool)]))
      return tools.map(remoteTool)
    },
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
    callTool: (call) => callTool(call, { client, calls, tool: listed.get(call.name) }),
  }
}

const declared = { [panelExtension]: { version: panelVersion } }

function createClient(options: ConnectOptions, calls: CallsUnderWay): Client {
  const { clientInfo, revision, offersElicitation, probeTimeoutMs } = options
  const capabilities: ClientCapabilities = {
    extensions: declared,
    experimental: declared,
    ...(offersElicitation ? { elicitation: { form: {}, url: {} } } : {}),
  }
  const mode = revision === 'auto' ? 'auto' : revision === '2025' ? 'legacy' : { pin: revision }
  const client = new Client(clientInfo, {
    versionNegotiation: { mode, ...(probeTimeoutMs === undefined ? {} : { probe: { timeoutMs: probeTimeoutMs } }) },
    capabilities,
    listMaxPages: listPagesMax,
  })
  if (offersElicitation) {
    client.setRequestHandler(
      'elicitation/create',
      async ({ params }) => (await newestOf(calls)?.answer(params)) ?? { action: 'cancel' as const },
    )
  }
  client.setNotificationHandler('notifications/message', ({ params: { level, data, logger } }) => {
    newestOf(calls)?.log({ level, text: logText(data, logger) })
  })
  return client
}

export const logCharsMax = 4_000

function logText(data: unknown, logger: string | undefined): string {
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '')
  return `${logger === undefined ? '' : `${logger}: `}${text}`.slice(0, logCharsMax)
}

/**
 * The model reads the text of a result. A result that breaks the schema of its data, or a schema that cannot be
 * compiled, is no reason to keep it from the model, and would be one for the SDK.
 */
function withoutOutputSchema({ outputSchema: _, ...tool }: Tool): Tool {
  return tool
}

const serverDeclaredSchema = z.object({ [panelExtension]: panelCapabilitySchema })

function panelsOf({ extensions, experimental }: { extensions?: unknown; experimental?: unknown }): readonly string[] {
  const found = [extensions, experimental].map((where) => serverDeclaredSchema.safeParse(where).data)
  return found.find((capability) => capability !== undefined)?.[panelExtension].panels ?? []
}

function isSilence(error: unknown): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
}

function remoteTool(tool: Tool): RemoteTool {
  return {
    name: tool.name,
    description: tool.description ?? '',
    inputSchema: tool.inputSchema,
    annotations: tool.annotations ?? {},
    meta: tool._meta ?? {},
  }
}

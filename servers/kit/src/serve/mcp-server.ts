import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Tool } from '../tool/tool.js'
import { callSettledMethod, callSettledParamsSchema, callSettledResultSchema, metaKeys } from '../wire/call.js'
import { answerCall } from './answer-call.js'
import { clientOf } from './client-of.js'
import type { CallParams, Family, KitHandlers, Log, ResourceText, ServerDefinition } from './definition.js'
import { panelCapabilities, servePanel } from './panel.js'
import type { RunningCalls } from './running-calls.js'

export interface McpServerOptions {
  definition: ServerDefinition
  /** The tools that are offered, by name. */
  tools: ReadonlyMap<string, Tool>
  family: Family
  outputCharsMax: number | undefined
  running: RunningCalls
  log: Log
}

/** Lists do not change while a server runs, and tell nothing about who asks. */
const cacheHint = { ttlMs: 60_000, cacheScope: 'public' } as const
const privateHint = { ttlMs: 0, cacheScope: 'private' } as const

/** An SDK server over a family; both eras and every transport get theirs from here. It keeps no state of its own. */
export function createMcpServer(options: McpServerOptions): Server {
  const { definition, family, tools } = options
  const server = new Server(
    { name: `auroracoder-${definition.name}`, title: definition.title, version: definition.version },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: { subscribe: true },
        logging: {},
        ...panelCapabilities(family.panel),
      },
      instructions: definition.instructions,
      cacheHints: {
        'tools/list': cacheHint,
        'prompts/list': cacheHint,
        'resources/list': cacheHint,
        'resources/templates/list': cacheHint,
        'server/discover': cacheHint,
        'resources/read': privateHint,
      },
    },
  )
  const resources = new Map((family.resources ?? []).map((resource) => [resource.uri, resource]))

  const kit: KitHandlers = {
    listTools: () => ({ tools: [...tools.values()].map(published) }),
    callTool: (params, context) => call(server, params, context, options),
  }
  server.setRequestHandler('tools/list', () => kit.listTools())
  server.setRequestHandler('tools/call', ({ params }, context) => kit.callTool(params, context))
  server.setRequestHandler('prompts/list', () => ({ prompts: [] }))
  server.setRequestHandler('prompts/get', ({ params }) => {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `There is no prompt "${params.name}": this server has none.`,
    )
  })
  server.setRequestHandler('resources/list', () => ({ resources: [...resources.values()].map(listed) }))
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }))
  server.setRequestHandler('resources/read', async ({ params }) => {
    const resource = knownResource(resources, params.uri)
    return { contents: [{ uri: resource.uri, mimeType: resource.mimeType, text: await resource.read() }] }
  })
  server.setRequestHandler(
    callSettledMethod,
    { params: callSettledParamsSchema, result: callSettledResultSchema },
    async ({ key }) => {
      await options.running.settled(key)
      return {}
    },
  )
  if (family.panel) servePanel(server, family.panel)
  server.setRequestHandler('resources/subscribe', () => ({}))
  server.setRequestHandler('resources/unsubscribe', () => ({}))
  family.extend?.(server, kit)
  return server
}

async function call(
  server: Server,
  params: CallParams,
  context: ServerContext,
  { tools, family, outputCharsMax, running, log }: McpServerOptions,
): Promise<CallToolResult> {
  const { mcpReq } = context
  const progressToken = mcpReq._meta?.progressToken
  const sendProgress =
    progressToken === undefined
      ? undefined
      : (progress: number, message: string): void => {
          const params = { progressToken, progress, message }
          // A client that is gone needs no progress; the call's own answer fails where it matters.
          mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
        }
  const client = clientOf(server, context)
  return answerCall(
    {
      name: params.name,
      args: params.arguments,
      meta: mcpReq._meta ?? {},
      clientName: client.name,
      keepsPanels: client.keepsPanels,
      signal: mcpReq.signal,
      sendProgress,
    },
    { tools, panel: family.panel, outputCharsMax, running, log },
  )
}

function published(tool: Tool) {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: tool.inputSchema,
    annotations: {
      readOnlyHint: tool.hints.readOnly,
      destructiveHint: tool.hints.destructive,
      idempotentHint: tool.hints.idempotent,
      openWorldHint: tool.hints.openWorld,
    },
    ...(tool.effects ? { _meta: { [metaKeys.effects]: tool.effects } } : {}),
  }
}

function listed({ uri, name, description, mimeType }: ResourceText) {
  return { uri, name, description, mimeType }
}

function knownResource(resources: ReadonlyMap<string, ResourceText>, uri: string): ResourceText {
  const resource = resources.get(uri)
  if (resource) return resource
  throw new ResourceNotFoundError(uri)
}

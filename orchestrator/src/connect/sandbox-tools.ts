import type { Connection, RemoteResult, RemoteTool } from '@auroracoder/kit/client'
import { appliedSchema, effectsSchema, metaKeys, panelExtension, panelResultSchema } from '@auroracoder/kit/wire'
import type { Sandbox, ServerName } from '@auroracoder/sandbox'
import { z } from 'zod'
import { explain, failure, plainOutcome } from './answer.js'
import { conversing } from './conversing.js'
import { conversationOf, panelMeta, readPanels } from './panels.js'
import { startSandboxServer } from './sandbox-server.js'
import { createServerLink, type ServerLink } from './server-link.js'
import type { ToolInfo, ToolOutcome, ToolRequest, ToolSet } from './tool-set.js'

export interface SandboxToolsOptions {
  sandbox: Pick<Sandbox, 'connect' | 'notes'>
  servers: readonly ServerName[]
  /** What the servers remember is kept under it, for each branch of the session apart. */
  sessionId: string
  clientInfo: { name: string; version: string }
}

export interface SandboxTools extends ToolSet {
  close(): Promise<void>
}

/** Connects to our servers in a started sandbox, all at once. Their tools keep their bare names. */
export async function connectSandboxTools(options: SandboxToolsOptions): Promise<SandboxTools> {
  const { sandbox, servers, clientInfo } = options
  const links = servers.map((server) =>
    createServerLink({ server, start: () => startSandboxServer({ sandbox, server, clientInfo }) }),
  )
  const close = async (): Promise<void> => void (await Promise.allSettled(links.map((link) => link.close())))
  try {
    const opened = await Promise.all(links.map(openLink))
    const owners = new Map(opened.flatMap((each) => each.tools.map((tool) => [tool.name, each])))
    return {
      tools: opened.flatMap(({ link, tools }) => tools.map((tool) => toolInfo(tool, link.server))),
      instructions: opened.flatMap(({ link, connection }) =>
        connection.instructions ? [{ server: link.server, text: connection.instructions }] : [],
      ),
      problems: [],
      async call(request) {
        const outcome = await call(owners.get(request.name), request, options.sessionId)
        return withNotes(outcome, await sandbox.notes(exitCodeOf(outcome)), request)
      },
      readPanels: (request) => readPanels(opened, request, options.sessionId),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface OpenedLink {
  link: ServerLink
  /** The first one: what the server says about itself holds for those after a restart too. */
  connection: Connection
  tools: readonly RemoteTool[]
}

async function openLink(link: ServerLink): Promise<OpenedLink> {
  const connection = await link.connection()
  return { link, connection, tools: await connection.listTools() }
}

function toolInfo(tool: RemoteTool, server: string): ToolInfo {
  const effects = effectsSchema.safeParse(tool.meta[metaKeys.effects]).data
  const { readOnlyHint = false, destructiveHint = !readOnlyHint } = tool.annotations
  return {
    name: tool.name,
    server,
    description: tool.description,
    inputSchema: tool.inputSchema,
    trusted: true,
    isReadOnly(args) {
      if (readOnlyHint) return true
      return effects?.read.some((value) => args[effects.arg] === value) ?? false
    },
    mayRead: readOnlyHint || (effects !== undefined && effects.read.length > 0),
    isDestructive: destructiveHint,
  }
}

async function call(owner: OpenedLink | undefined, request: ToolRequest, sessionId: string): Promise<ToolOutcome> {
  if (!owner) return failure(`There is no tool "${request.name}".`)
  const { link, connection } = owner
  try {
    const result = await link.callTool({
      name: request.name,
      args: request.args,
      signal: request.signal,
      ...conversing(link.server, request),
      meta: {
        [metaKeys.conversation]: conversationOf(sessionId, request),
        [metaKeys.call]: { key: request.key, step: request.step },
        ...panelMeta(connection.panels, request),
      },
    })
    return outcome(result)
  } catch (error) {
    if (!request.signal.aborted) return failure(explain(error))
    await link.callSettled(request.key)
    throw error
  }
}

const exitCodeSchema = z.object({ exit_code: z.int() })

/** Of a command that the call has run. */
function exitCodeOf({ facts }: ToolOutcome): number | undefined {
  return exitCodeSchema.safeParse(facts).data?.exit_code
}

/** What has happened around the tools stands in the log, and the model reads it with the next result. */
function withNotes(outcome: ToolOutcome, notes: readonly string[], request: ToolRequest): ToolOutcome {
  for (const text of notes) request.onLog({ server: 'sandbox', level: 'warning', text })
  const lines = notes.map((note) => `[sandbox] ${note}`)
  return { ...outcome, text: [outcome.text, ...lines].filter((text) => text !== '').join('\n') }
}

const factsSchema = z.record(z.string(), z.unknown())

function outcome(result: RemoteResult): ToolOutcome {
  const { meta } = result
  return {
    ...plainOutcome(result),
    applied: appliedSchema.safeParse(meta[metaKeys.applied]).data?.arguments,
    facts: factsSchema.safeParse(meta[metaKeys.result]).data,
    panel: panelResultSchema.safeParse(meta[panelExtension]).data,
  }
}

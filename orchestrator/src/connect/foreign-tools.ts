import { setTimeout as delay } from 'node:timers/promises'
import { explain, failure, plainOutcome } from './answer.js'
import { conversing } from './conversing.js'
import { type ForeignServer, type StartedForeignServer, startForeignServer } from './foreign-server.js'
import { createServerLink, type ServerLink } from './server-link.js'
import { foreignToolName } from './tool-names.js'
import type { ServerProblem, ToolInfo, ToolOutcome, ToolRequest, ToolSet } from './tool-set.js'

export interface ForeignServersOptions {
  servers: Readonly<Record<string, ForeignServer>>
  workspace: string
  env: Readonly<Record<string, string | undefined>>
  credentialsDir: string
  clientInfo: { name: string; version: string }
  /** How long a session waits for its servers. */
  waitMs?: number
}

export interface ForeignTools extends Pick<ToolSet, 'instructions' | 'problems'> {
  readonly tools: readonly ToolInfo[]
  /** As `ToolSet` has it. */
  call(request: ToolRequest): Promise<ToolOutcome>
  close(): Promise<void>
}

/** A session starts without the servers that are not there by then. */
export const foreignStartMsMax = 15_000
export const foreignToolsMax = 128
export const descriptionCharsMax = 8_000
export const instructionsCharsMax = 8_000

/**
 * Starts the servers of one session, all at once. They are not shared between sessions: what a server asks or logs
 * does not name the call it belongs to, and most servers keep state (a browser, a login, a working directory).
 */
export async function connectForeignServers(options: ForeignServersOptions): Promise<ForeignTools> {
  const starts = Object.entries(options.servers).map(([key, server]) => openForeign(key, server, options))
  const opened = await Promise.all(starts.map((start) => start.found))
  const { tools, owners, problems } = nameTools(opened)
  return {
    tools,
    problems,
    instructions: opened.flatMap(({ key, started }) => {
      const text = started?.connection.instructions
      return text ? [{ server: key, text: text.slice(0, instructionsCharsMax) }] : []
    }),
    call: (request) => call(owners.get(request.name), request),
    close: async () => void (await Promise.allSettled(starts.map(({ link }) => link.close()))),
  }
}

interface Found {
  key: string
  link: ServerLink
  started?: StartedForeignServer
  problem?: string
}

function openForeign(
  key: string,
  server: ForeignServer,
  { waitMs = foreignStartMsMax, ...options }: ForeignServersOptions,
): { link: ServerLink; found: Promise<Found> } {
  let started: StartedForeignServer | undefined
  const link = createServerLink({
    server: key,
    async start(signal) {
      started = await startForeignServer({ key, server, signal, ...options })
      return started
    },
  })
  const waited = new AbortController()
  const start = link.connection().then(
    (): Found => ({ key, link, ...(started ? { started } : {}) }),
    (error: unknown): Found => ({ key, link, problem: error instanceof Error ? error.message : String(error) }),
  )
  const late = delay(waitMs, undefined, { signal: waited.signal }).then(
    (): Found => ({
      key,
      link,
      problem: `The ${key} server has not started within ${waitMs / 1_000} s. This session goes on without its tools; the next one tries again.`,
    }),
  )
  late.catch(() => {})
  const found = Promise.race([start, late]).finally(() => waited.abort())
  // A late one is let start all the same: a package that it fetches is there for the next session.
  void found.then(async ({ started: inTime }) => {
    if (inTime) return
    await start
    await link.close()
  })
  return { link, found }
}

interface Owner {
  link: ServerLink
  /** As its server knows it. */
  tool: string
}

function nameTools(opened: readonly Found[]) {
  const tools: ToolInfo[] = []
  const owners = new Map<string, Owner>()
  const problems: ServerProblem[] = []
  for (const { key, link, started, problem } of opened) {
    if (problem !== undefined) problems.push({ server: key, message: problem })
    const listed = new Map((started?.tools ?? []).map((tool) => [tool.name, tool]))
    const left = listed.size - foreignToolsMax
    if (left > 0) {
      const message = `The ${key} server has ${listed.size} tools, ${left} more than are taken of one server; the first ${foreignToolsMax} are used.`
      problems.push({ server: key, message })
    }
    for (const tool of [...listed.values()].slice(0, foreignToolsMax)) {
      const name = foreignToolName(key, tool.name, new Set(owners.keys()))
      owners.set(name, { link, tool: tool.name })
      const description = tool.description.slice(0, descriptionCharsMax)
      tools.push({ ...untrusted, name, server: key, description, inputSchema: tool.inputSchema })
    }
  }
  return { tools, owners, problems }
}

/** Whoever wrote the server wrote its hints, and nobody has checked either. */
const untrusted = { trusted: false, isReadOnly: () => false, mayRead: false, isDestructive: true } as const

async function call(owner: Owner | undefined, request: ToolRequest): Promise<ToolOutcome> {
  if (!owner) return failure(`There is no tool "${request.name}".`)
  const { link, tool } = owner
  const { args, signal } = request
  try {
    return plainOutcome(await link.callTool({ name: tool, args, signal, ...conversing(link.server, request) }))
  } catch (error) {
    if (signal.aborted) throw error
    return failure(explain(error))
  }
}

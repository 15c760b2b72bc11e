import { Failure } from '../failure.js'
import type { Tool } from '../tool/tool.js'
import type { Family, ServerDefinition } from './definition.js'
import { helpText, readSettings, type Settings } from './flags.js'
import { type Ending, endOnce } from './lifecycle.js'
import { createLog, type ServerLog } from './log.js'
import { createMcpServer, type McpServerOptions } from './mcp-server.js'
import { createRunningCalls } from './running-calls.js'
import { serveOnStdio } from './stdio.js'

const exitUsage = 2

/** The whole life of a server's process: flags, family, transport, end. Its bin is this one call. */
export async function runServer(definition: ServerDefinition): Promise<void> {
  try {
    const settings = readSettings(definition, process.argv.slice(2), process.env)
    if (settings.show) return void process.stdout.write(textFor(settings.show, definition))
    await serve(definition, settings)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    process.stderr.write(`auroracoder-${definition.name}: ${error.message}\n`)
    process.exitCode = exitUsage
  }
}

function textFor(show: 'version' | 'help', definition: ServerDefinition): string {
  return show === 'version' ? `${definition.version}\n` : helpText(definition)
}

async function serve(definition: ServerDefinition, settings: Settings): Promise<void> {
  const log = createLog(`auroracoder-${definition.name}`, settings.logLevel)
  const family = await definition.create({ ...settings, log })
  try {
    const tools = offeredTools(family, settings)
    await open(
      { definition, tools, family, outputCharsMax: settings.outputCharsMax, running: createRunningCalls(), log },
      settings,
      log,
    )
  } catch (error) {
    await family.close()
    throw error
  }
}

async function open(options: McpServerOptions, settings: Settings, log: ServerLog): Promise<void> {
  const createServer = () => createMcpServer(options)
  const transports: { close(): Promise<void> }[] = []
  const end = endOnce({
    process,
    async close(ending: Ending) {
      log.info('ending', { reason: ending.reason })
      await Promise.allSettled([options.family.close(), ...transports.map((transport) => transport.close())])
      await log.flush()
    },
  })
  if (!settings.http) {
    transports.push(serveOnStdio({ createServer, log, onEnd: () => end({ reason: 'stdin closed', exitCode: 0 }) }))
    return
  }
  // HTTP costs 44 ms of imports that a server on stdio does not need.
  const { serveOnHttp } = await import('./http.js')
  const http = await serveOnHttp({ createServer, log, address: settings.http, token: settings.token })
  transports.push(http)
  process.stderr.write(`auroracoder-${options.definition.name} listens on ${http.url}\n`)
}

function offeredTools(family: Family, { tools: only, excludeTools, readOnly }: Settings): ReadonlyMap<string, Tool> {
  const names = family.tools.map((tool) => tool.name)
  const unknown = [...(only ?? []), ...excludeTools].filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Failure(`Unknown tool ${unknown.join(', ')}. Tools: ${names.join(', ')}.`)
  const offered = family.tools.filter(
    (tool) =>
      (only === undefined || only.includes(tool.name)) &&
      !excludeTools.includes(tool.name) &&
      (!readOnly || tool.hints.readOnly),
  )
  return new Map(offered.map((tool) => [tool.name, tool]))
}

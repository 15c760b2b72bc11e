import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type StdioServer, type StdioServerOptions, startStdioServer } from '../servers/stdio-server.js'

export const shellBin = fileURLToPath(new URL('../../../servers/shell/bin/auroracoder-shell.js', import.meta.url))

const answerSchema = z.object({
  isError: z.boolean().optional(),
  content: z.array(z.object({ text: z.string() })),
  _meta: z.object({ 'auroracoder/result': z.record(z.string(), z.unknown()).optional() }).optional(),
})

export interface ShellAnswer {
  ok: boolean
  text: string
  /** As in `_meta["auroracoder/result"]`. */
  facts: Record<string, unknown>
}

export interface ShellServer extends StdioServer {
  call(tool: string, args?: object): Promise<ShellAnswer>
  run(command: string, args?: object): Promise<ShellAnswer>
}

/** A shell server that has been initialized; ended with the test. */
export async function startShellServer(options: Partial<StdioServerOptions> = {}): Promise<ShellServer> {
  const server = await startStdioServer({ bin: shellBin, ...options })
  await server.initialize()
  const call: ShellServer['call'] = async (name, args = {}) => {
    const { isError, content, _meta } = answerSchema.parse(
      (await server.request('tools/call', { name, arguments: args })).result,
    )
    const text = content.map((block) => block.text).join('\n')
    return { ok: isError !== true, text, facts: _meta?.['auroracoder/result'] ?? {} }
  }
  return { ...server, call, run: (command, args) => call('run_terminal_command', { command, ...args }) }
}

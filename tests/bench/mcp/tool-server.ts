import { delimiter, dirname } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { z } from 'zod'

export interface ToolCall {
  readonly name: string
  readonly args: Record<string, unknown>
}

export interface Answer {
  readonly ok: boolean
  readonly text: string
}

/** A server as a child process, and a client of the 2025 revisions, which every server speaks. */
export interface ToolServer {
  readonly name: string
  readonly version: string
  toolNames(): Promise<readonly string[]>
  call(call: ToolCall): Promise<Answer>
  close(): Promise<void>
}

/** What is known of a server that runs on this machine. */
export interface StartedServer extends ToolServer {
  readonly pid: number
  /** Its list of tools as a model reads it: characters of JSON. */
  toolListChars(): Promise<number>
}

export interface ToolServerCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Beside PATH and the few other variables that the client lets through. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd: string
}

const answerSchema = z.object({
  content: z.array(z.looseObject({ text: z.string().optional() })),
  isError: z.boolean().optional(),
})

/** The system's own programs: a version manager's shims take a tenth of a second each time that a server asks one. */
const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter)

export async function startToolServer({ command, args, env = {}, cwd }: ToolServerCommand): Promise<StartedServer> {
  const client = new Client({ name: 'auroracoder-bench', version: '1' })
  const environment = { PATH: path, ...env }
  const transport = new StdioClientTransport({ command, args: [...args], env: environment, cwd, stderr: 'ignore' })
  await client.connect(transport)
  const { name = command, version = '' } = client.getServerVersion() ?? {}
  const { pid } = transport
  if (pid === null) throw new Error(`"${command} ${args.join(' ')}" ended right after its start.`)
  return {
    name,
    version,
    pid,
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    toolListChars: async () => JSON.stringify((await client.listTools()).tools).length,
    async call(call) {
      const { content, isError } = answerSchema.parse(
        await client.callTool({ name: call.name, arguments: call.args }).catch(asErrorAnswer),
      )
      return { ok: isError !== true, text: content.map(({ text }) => text ?? '').join('\n') }
    },
    close: () => client.close(),
  }
}

/** Some servers answer a call that they refuse with a protocol error; a model sees its message all the same. */
function asErrorAnswer(error: unknown) {
  const text = error instanceof Error ? error.message : String(error)
  return { content: [{ type: 'text', text }], isError: true }
}

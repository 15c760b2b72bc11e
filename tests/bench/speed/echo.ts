import { fileURLToPath } from 'node:url'
import { type Answer, startToolServer, type ToolCall, type ToolServer } from '../mcp/tool-server.js'

export function startEcho(cwd: string): Promise<ToolServer> {
  const bin = fileURLToPath(new URL('echo-server.js', import.meta.url))
  return startToolServer({ command: process.execPath, args: [bin], cwd })
}

/** A call of the same size, answered with a text of the same size. */
export function echoOf(call: ToolCall, { text }: Answer): ToolCall {
  return { name: 'echo', args: { ...call.args, answerChars: text.length } }
}

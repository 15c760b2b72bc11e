// The least that a server over stdio can do: what it takes is the transport's own time.
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js'

const server = new Server({ name: 'echo', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
  const chars = Number(params.arguments?.answerChars ?? 0)
  return { content: [{ type: 'text', text: 'x'.repeat(chars) }] }
})
await server.connect(new StdioServerTransport())

// What a shell server is without a shell that stays: a fresh Bash for every call.
import { spawn } from 'node:child_process'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

/** Of the end of the output. The SDK's client hangs up on a message of more than 10 MiB. */
const answerCharsMax = 2 ** 20

const run = {
  name: 'run',
  description: 'Runs a command in a fresh Bash and answers its output and exit code.',
  inputSchema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
}

const server = new Server({ name: 'one-shot', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [run] }))
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
  const { output, code } = await answerOf(String(params.arguments?.command))
  return { content: [{ type: 'text', text: `${output.slice(-answerCharsMax)}[exit code ${code}]` }] }
})
await server.connect(new StdioServerTransport())

function answerOf(command) {
  return new Promise((resolve, reject) => {
    // Without a stdin: a command that reads would never end.
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ output: Buffer.concat(chunks).toString(), code: code ?? signal }))
  })
}

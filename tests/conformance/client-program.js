import { connectHttp } from '@auroracoder/kit/client'

/**
 * The client under test: the connector as the orchestrator uses it. It is started by the suite with the URL of a
 * server, lists that server's tools, calls each and ends; what went wrong is on stderr and in the exit code.
 *
 * @typedef {import('@auroracoder/kit/client').AuthorizationOptions} Authorization
 */

const url = process.argv.at(-1) ?? ''
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')
const clientInfo = { name: 'auroracoder', version: '0.1.0' }
const callMsMax = 20_000

/** @type {unknown} */
let kept
/** @type {Authorization} */
const authorization = {
  clientName: 'AuroraCoder',
  store: {
    read: async () => kept,
    async write(credentials) {
      kept = credentials
    },
  },
  ...(context.client_id
    ? { client: { id: context.client_id, secret: context.client_secret, issuer: context.issuer } }
    : {}),
  metadataUrl: 'https://conformance-test.local/client-metadata.json',
  ...(scenario.startsWith('auth/client-credentials')
    ? {}
    : { visit: { redirectUrl: 'http://localhost:3000/callback', open: consent } }),
}

/**
 * The suite's authorization servers consent at once.
 *
 * @param {URL} page
 */
async function consent(page) {
  const response = await fetch(page, { redirect: 'manual' })
  // A body that nobody reads keeps the process alive.
  await response.body?.cancel()
  const location = response.headers.get('location')
  if (location === null) throw new Error(`The authorization server answered ${response.status} and sent nobody back.`)
  return new URL(location).searchParams
}

/**
 * Arguments that fit a flat schema, as far as the suite's tools need it.
 *
 * @param {Record<string, unknown>} schema
 */
function sampleArguments({ properties }) {
  const samples = { string: 'text', number: 5, integer: 5, boolean: true, array: [], object: {} }
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, field]) => [name, field.default ?? samples[field.type] ?? 'text']),
  )
}

const connection = await connectHttp(
  { url, ...(scenario.startsWith('auth/') ? { authorization } : {}) },
  { clientInfo, revision: 'auto', offersElicitation: true },
)
try {
  const tools = await connection.listTools()
  const calls =
    context.toolCalls ?? tools.map(({ name, inputSchema }) => ({ name, arguments: sampleArguments(inputSchema) }))
  // This one wants to see what has arrived of another tool's schema.
  const echo = calls.find(({ name }) => name === 'json_schema_echo')
  if (echo) echo.arguments = { schema: tools[0]?.inputSchema }
  for (const call of calls) {
    await connection.callTool({
      name: call.name,
      args: call.arguments,
      signal: AbortSignal.timeout(callMsMax),
      onLog() {},
      elicit: async ({ schema }) => ({ action: 'accept', content: schema ? answers(schema) : {} }),
    })
  }
} finally {
  await connection.close()
}

/**
 * Only what has no default: those are to be filled in.
 *
 * @param {Record<string, unknown>} schema
 */
function answers({ properties }) {
  const open = Object.entries(properties ?? {}).filter(([, field]) => field.default === undefined)
  return sampleArguments({ properties: Object.fromEntries(open) })
}

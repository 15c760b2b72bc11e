import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { ForeignServer } from './foreign-server.js'
import { connectForeignServers, type ForeignTools } from './foreign-tools.js'
import type { Elicitation, ToolRequest } from './tool-set.js'

const script = fileURLToPath(new URL('../../../tests/fixtures/foreign-server.js', import.meta.url))
const clientInfo = { name: 'auroracoder', version: '0' }

let workspace: string
beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-foreign-')))
})
afterEach(() => rm(workspace, { recursive: true }))

function program(env: Record<string, string> = {}): ForeignServer {
  return { command: process.execPath, args: [script], env }
}

async function open(servers: Record<string, ForeignServer>, waitMs = 15_000): Promise<ForeignTools> {
  const env = { ...process.env, DEEPSEEK_API_KEY: 'sk-never' }
  const credentialsDir = join(workspace, 'credentials')
  const tools = await connectForeignServers({ servers, workspace, env, credentialsDir, clientInfo, waitMs })
  onTestFinished(() => tools.close())
  return tools
}

function request(name: string, args: Record<string, unknown> = {}, more: Partial<ToolRequest> = {}): ToolRequest {
  return {
    name,
    args,
    key: 'run/step/call',
    step: 'run/step',
    branch: 0,
    panels: [],
    signal: new AbortController().signal,
    onProgress() {},
    onLog() {},
    elicit: async () => ({ action: 'cancel' }),
    ...more,
  }
}

test('the tools of all pages are there under the key of their server, and can be called', async () => {
  const tools = await open({ theirs: program() })
  expect(tools.problems).toEqual([])
  expect(tools.instructions).toEqual([
    { server: 'theirs', text: 'Asked by one who offers elicitation, experimental, extensions.' },
  ])
  expect(tools.tools.map(({ name }) => name)).toContain('theirs__last')
  expect(await tools.call(request('theirs__greet', { name: 'Ann' }))).toMatchObject({ ok: true, text: 'Hello, Ann!' })
})

test('a tool with an odd name is called by its own', async () => {
  const tools = await open({ theirs: program() })
  const name = tools.tools.map((tool) => tool.name).find((each) => each.includes('odd')) ?? ''
  expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  expect((await tools.call(request(name))).text).toBe('found by its own name')
})

test('its hints are not believed, and what it says beside a result is not taken', async () => {
  const tools = await open({ theirs: program() })
  for (const tool of tools.tools) {
    expect(tool).toMatchObject({ trusted: false, mayRead: false, isDestructive: true })
    expect(tool.isReadOnly({})).toBe(false)
  }
  expect(await tools.call(request('theirs__lie'))).toMatchObject({ ok: true, applied: undefined, facts: undefined })
})

test('a program sees the variables of its configuration and none of our keys, in the workspace', async () => {
  const tools = await open({ theirs: program({ SECRET: 'given' }) })
  const { keys, secret, cwd } = JSON.parse((await tools.call(request('theirs__env'))).text)
  expect(keys).not.toContain('DEEPSEEK_API_KEY')
  expect({ secret, cwd }).toEqual({ secret: 'given', cwd: workspace })
})

test('a program that died in a call says so, and is started again for the next', async () => {
  const tools = await open({ theirs: program() })
  const died = await tools.call(request('theirs__leave'))
  expect(died).toMatchObject({ ok: false })
  expect(died.text).toContain('exit code 7')
  expect((await tools.call(request('theirs__greet', { name: 'Ann' }))).text).toBe('Hello, Ann!')
})

test('a program that ends at what it does not know is asked in the old way', async () => {
  const tools = await open({ theirs: program({ WAY: 'strict' }) })
  expect(tools.problems).toEqual([])
  expect((await tools.call(request('theirs__greet', { name: 'Ann' }))).text).toBe('Hello, Ann!')
})

test.each([
  ['ends at once', program({ WAY: 'dies' }), 'The licence has run out.'],
  ['is not installed', { command: 'no-such-program-here', args: [], env: {} }, 'ENOENT'],
  ['is a URL where nobody listens', { url: 'http://127.0.0.1:1/mcp', headers: {} }, 'theirs server did not start'],
])('a server that %s is a problem, and the others go on', async (_, server, reason) => {
  const tools = await open({ theirs: server, others: program() })
  expect(tools.problems).toMatchObject([{ server: 'theirs' }])
  expect(tools.problems[0]?.message).toContain(reason)
  expect((await tools.call(request('others__greet', { name: 'Ann' }))).text).toBe('Hello, Ann!')
})

test('a server that says nothing is waited for only so long, and is let go at once in the end', async () => {
  const begun = performance.now()
  const tools = await open({ theirs: program({ WAY: 'mute' }), others: program() }, 1_500)
  expect(tools.problems).toMatchObject([{ server: 'theirs', message: expect.stringContaining('within 1.5 s') }])
  await tools.close()
  expect(performance.now() - begun).toBeLessThan(10_000)
})

test('a server that wants a token says what to do about it', async () => {
  const http = createServer((_, response) => void response.writeHead(401).end()).listen(0, '127.0.0.1')
  onTestFinished(() => void http.close())
  await new Promise((resolve) => http.once('listening', resolve))
  const address = http.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const tools = await open({ theirs: { url: `http://127.0.0.1:${port}/mcp`, headers: {} } })
  expect(tools.problems[0]?.message).toMatch(/401.*"headers" or "oauth"/)
})

test('a question reaches the call, and its defaults are filled in', async () => {
  const tools = await open({ theirs: program() })
  const asked: Elicitation[] = []
  const outcome = await tools.call(
    request(
      'theirs__ask',
      {},
      {
        async elicit(question) {
          asked.push(question)
          return { action: 'accept', content: { name: 'Ann' } }
        },
      },
    ),
  )
  expect(asked).toMatchObject([{ server: 'theirs', message: 'Who are you?', schema: { type: 'object' } }])
  expect(JSON.parse(outcome.text)).toEqual({ action: 'accept', content: { name: 'Ann', role: 'guest' } })
})

test('a page that is no web page is not shown to anybody', async () => {
  const tools = await open({ theirs: program() })
  const logs: string[] = []
  const outcome = await tools.call(request('theirs__visit', {}, { onLog: ({ text }) => void logs.push(text) }))
  expect(JSON.parse(outcome.text)).toEqual({ action: 'cancel' })
  expect(logs).toEqual([expect.stringContaining('no http or https URL')])
})

test('what it logs in a call reaches the call', async () => {
  const tools = await open({ theirs: program() })
  const logs: object[] = []
  await tools.call(request('theirs__log', {}, { onLog: (entry) => void logs.push(entry) }))
  expect(logs).toEqual([{ server: 'theirs', level: 'warning', text: 'disk: nearly full' }])
})

test.each(['theirs__hang', 'theirs__ask'])('a call of %s that is aborted is let go at once', async (name) => {
  const tools = await open({ theirs: program() })
  const abort = new AbortController()
  const never = new Promise<never>(() => {})
  const call = tools.call(request(name, {}, { signal: abort.signal, elicit: () => never }))
  setTimeout(() => abort.abort(new Error('enough')), 100)
  await expect(call).rejects.toThrow('enough')
  expect((await tools.call(request('theirs__greet', { name: 'Ann' }))).text).toBe('Hello, Ann!')
})

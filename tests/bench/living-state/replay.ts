import { createHash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { View } from '@auroracoder/kit/wire'
import { createScriptedModel, type ScriptedModel } from '@auroracoder/orchestrator/scripted-model'
import { createLocalSandbox } from '@auroracoder/sandbox'
import { createWorkbenches } from '../../../orchestrator/src/connect/index.js'
import {
  buildSystemPrompt,
  type LogEvent,
  modelNotices,
  workspaceNote,
} from '../../../orchestrator/src/context/index.js'
import { createTestLog } from '../../../orchestrator/src/events/live-log.fixture.js'
import { runLimits, runLoop } from '../../../orchestrator/src/loop/index.js'
import { builtInProviders, chooseModel, createModel, type Model } from '../../../orchestrator/src/providers/index.js'
import type { Agent } from './agents.js'
import { checkOut } from './history.js'
import type { SessionScript } from './session-script.js'
import { falseFiles } from './truth.js'

/** What one agent spent on one session. Tokens are those of the input. */
export interface Bill {
  readonly modelCalls: number
  readonly hitTokens: number
  readonly missTokens: number
  /** Of the first call: the system prompt, the tools and the task. */
  readonly openingTokens: number
  readonly finalTokens: number
  /** Model calls whose messages showed a file otherwise than it was. */
  readonly falseCalls: number
  readonly failedToolCalls: number
  readonly epochs: number
}

interface ReplayRequest {
  session: SessionScript
  agent: Agent
  scratch: string
}

/** The same in every session, so that no agent has a longer text by chance. */
const nonce = 'c0ffee00'
const runId = 'replay'
const nowMs = Date.parse('2026-01-01T12:00:00Z')

/** Plays a session with the product's own loop and tool servers, on a fresh workspace, against the scripted model. */
export async function replay({ session, agent, scratch }: ReplayRequest): Promise<Bill> {
  const folder = join(scratch, 'replay')
  const workspace = join(folder, 'workspace')
  await mkdir(workspace, { recursive: true })
  await checkOut(session.repo, { commit: session.start, folder: workspace })
  const endpoint = await createScriptedModel({ script: { steps: stepsOf(session) } })
  const benches = createWorkbenches({
    servers: ['files', 'shell'],
    clientInfo: { name: 'auroracoder', version: '0' },
    createSandbox: async (key) =>
      createLocalSandbox({ workspace: key.workspace, stateDir: join(folder, 'state'), env: process.env }),
  })
  try {
    const { tools } = await benches.open({ sessionId: 'replay', workspace, sandbox: 'local' })
    let falseCalls = 0
    const model = watched(modelOf(endpoint, agent.priceRatio), async (messages) => {
      if ((await falseFiles(messages, { workspace, nonce })).length > 0) falseCalls += 1
    })
    const events = await play({
      model,
      agent,
      tools: agent.toolsOf(tools, { nonce, view: (path) => wholeView(workspace, path) }),
      opening: {
        system: buildSystemPrompt({ workspace, instructions: tools.instructions }),
        workspace: await workspaceNote({ root: workspace, surroundings: { platform: 'linux x64', rules: [] }, nowMs }),
      },
    })
    return { ...billOf(endpoint, events), falseCalls }
  } finally {
    await benches.close()
    await endpoint.close()
    await rm(folder, { recursive: true })
  }
}

function stepsOf({ turns }: SessionScript) {
  const steps = turns.map(({ name, args }, index) => ({
    reply: { reasoning: `Turn ${index + 1}: ${name} comes next.`, calls: [{ name, arguments: args }] },
  }))
  return [...steps, { reply: { reasoning: 'That was all.', text: 'Done: all changes are made.' } }]
}

function modelOf(endpoint: ScriptedModel, priceRatio: number): Model {
  const env = { DEEPSEEK_BASE_URL: endpoint.url }
  const model = createModel({ choice: chooseModel({ providers: builtInProviders(env), env }) })
  // In millionths, as prices are: no limit of a run is to be met.
  return { ...model, costOf: ({ cacheHit, cacheMiss }) => (cacheHit + cacheMiss * priceRatio) / 1e9 }
}

/** Told of the messages of each call before it is made. */
function watched(model: Model, look: (messages: Parameters<Model['stream']>[0]['messages']) => Promise<void>): Model {
  return {
    ...model,
    async *stream(request, signal) {
      await look(request.messages)
      yield* model.stream(request, signal)
    },
  }
}

interface Play {
  model: Model
  agent: Agent
  tools: ReturnType<Agent['toolsOf']>
  opening: { system: string; workspace: string }
}

async function play({ model, agent, tools, opening }: Play): Promise<LogEvent[]> {
  const log = createTestLog([
    { type: 'notice', data: { code: modelNotices.system, message: opening.system, details: { nonce } } },
    { type: 'notice', data: { code: modelNotices.workspace, message: opening.workspace } },
    { type: 'input.admitted', data: { inputId: 'task', delivery: 'start', content: [{ type: 'text', text: task }] } },
    { type: 'run.started', runId, data: { inputId: 'task' } },
  ])
  const limits = { ...runLimits, iterations: 1_000, tokens: 1e9, costUsd: 1e9, toolCalls: 1_000 }
  const signal = new AbortController().signal
  const run = runLoop(
    { sessionId: 'replay', runId, log, signal },
    {
      model,
      tools,
      panelPolicy: agent.policy,
      limits,
      opening: { system: () => opening.system, workspace: async () => opening.workspace },
      openNext: () => Promise.reject(new Error('A replay goes on in no other session.')),
    },
  )
  for await (const output of run) if (output.kind === 'event') log.append({ runId, ...output.event })
  return [...log.events]
}

const task = 'Make the changes that are due.'

function billOf({ requests, totals }: ScriptedModel, events: readonly LogEvent[]): Omit<Bill, 'falseCalls'> {
  const refused = requests.find(({ status }) => status !== 200)
  if (refused) throw new Error(`The scripted model refused a request: ${refused.error}`)
  const failed = events.filter((event) => event.type === 'tool.finished' && !event.data.ok)
  return {
    modelCalls: requests.length,
    hitTokens: totals.cacheHitTokens,
    missTokens: totals.cacheMissTokens,
    openingTokens: requests.at(0)?.usage?.prompt_tokens ?? 0,
    finalTokens: requests.at(-1)?.usage?.prompt_tokens ?? 0,
    failedToolCalls: failed.length,
    epochs: events.filter(({ type }) => type === 'epoch').length,
  }
}

async function wholeView(workspace: string, path: string): Promise<View> {
  const bytes = await readFile(join(workspace, path))
  const lines = bytes.toString('utf8').split('\n')
  const finalNewline = lines.at(-1) === ''
  if (finalNewline) lines.pop()
  return {
    path,
    revision: createHash('sha256').update(bytes).digest('hex').slice(0, 8),
    lineCount: lines.length,
    encoding: 'utf-8',
    eol: 'lf',
    finalNewline,
    ranges: lines.length > 0 ? [{ start: 1, lines }] : [],
  }
}

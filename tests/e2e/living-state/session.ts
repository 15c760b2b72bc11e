import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { ToolSet } from '../../../orchestrator/src/connect/index.js'
import { modelNotices, type PanelPolicy } from '../../../orchestrator/src/context/index.js'
import {
  type EventDraft,
  type LoopOutput,
  type StoredEvent,
  storedEventSchema,
} from '../../../orchestrator/src/events/index.js'
import { type Clock, runLoop } from '../../../orchestrator/src/loop/index.js'
import { type Model, ModelFailure, type ModelRequest } from '../../../orchestrator/src/providers/index.js'
import { seedVariable } from '../../deep.js'
import { createExpected, type Expected } from './expected.js'
import { type FilesServer, openFilesServer } from './files-server.js'
import { randomMoves } from './moves.js'
import { createRandom, type Random } from './random.js'
import { look } from './sight.js'
import { createWorkspace, type Workspace } from './workspace.js'

export interface Tally {
  calls: number
  files: number
  lines: number
  epochs: number
  compactions: number
  drifts: number
  kills: number
  resumes: number
  cancels: number
  /** Model calls before which the files server could not be asked: killed once more while it was started again. */
  unread: number
  /** Model calls at which the model could not read what was on disk, and whatever else went wrong. */
  broken: string[]
}

export interface SessionOptions {
  seed: number
  policy: PanelPolicy
  /** Model calls. */
  steps: number
}

interface Session {
  random: Random
  workspace: Workspace
  stateDir: string
  server: FilesServer
  expected: Expected
  log: StoredEvent[]
  tally: Tally
  options: SessionOptions
  wasRead: boolean
  /** Stops the run under way as a user does; the server lives on. */
  cancel(): void
  /** What was done, for whoever has to find out why. */
  story: string[]
}

/** Plays a session in which everything happens to the open files, and looks at every request to the model. */
export async function playSession(options: SessionOptions): Promise<Tally> {
  const random = createRandom(options.seed)
  const workspace = createWorkspace(random)
  const stateDir = mkdtempSync(join(tmpdir(), 'auroracoder-living-state-'))
  const server = await openFilesServer({ root: workspace.root, stateDir })
  const tally: Tally = {
    calls: 0,
    files: 0,
    lines: 0,
    epochs: 0,
    compactions: 0,
    drifts: 0,
    kills: 0,
    resumes: 0,
    cancels: 0,
    unread: 0,
    broken: [],
  }
  const expected = createExpected()
  const session: Session = {
    ...{ random, workspace, stateDir, server, expected, tally, options },
    log: [],
    wasRead: true,
    cancel: () => {},
    story: [],
  }
  try {
    append(session, { type: 'session.created', data: { workspace: '/w', scratch: false, sandbox: 'local' } })
    for (let run = 1; tally.calls < options.steps; run += 1) await playRun(session, `run-${run}`)
  } catch (error) {
    tally.broken.push(`${whereIn(session)}: ${error instanceof Error ? error.stack : error}`)
  } finally {
    await session.server.close()
    workspace.remove()
    rmSync(stateDir, { recursive: true, force: true })
  }
  return tally
}

/** One input and what comes of it, resumed as often as it is cut. */
async function playRun(session: Session, runId: string): Promise<void> {
  const content = [{ type: 'text' as const, text: `Do ${runId}.` }]
  append(session, { type: 'input.admitted', runId, data: { inputId: runId, delivery: 'start', content } })
  append(session, { type: 'run.started', runId, data: { inputId: runId } })
  while (!(await playUntilCut(session, runId))) {
    session.tally.resumes += 1
    session.expected.doubt()
    session.story.push('the process was killed and resumed')
    await session.server.close()
    if (session.random.chance(0.5)) disturb(session)
    session.server = await openFilesServer({ root: session.workspace.root, stateDir: session.stateDir })
    append(session, { type: 'notice', runId, data: { code: 'run_resumed', message: 'It goes on.' } })
  }
}

const cutChance = 0.004

/** Answers whether the run came to an end. */
async function playUntilCut(session: Session, runId: string): Promise<boolean> {
  const abort = new AbortController()
  session.cancel = () => abort.abort(new Error('cancelled'))
  try {
    return await pull(session, runId, abort.signal)
  } catch (error) {
    if (!abort.signal.aborted) throw error
    session.tally.cancels += 1
    session.expected.doubt()
    session.story.push('the run was cancelled')
    append(session, { type: 'run.cancelled', runId, data: {} })
    return true
  }
}

async function pull(session: Session, runId: string, signal: AbortSignal): Promise<boolean> {
  const { random, log, options, tally } = session
  const outputs = runLoop(
    { sessionId: 'session', runId, log: { events: log, onAppend: () => () => {} }, signal },
    {
      model: createModel(session),
      secondaryModel: () => summariser,
      tools: createTools(session),
      opening: { system: () => 'Be good.', workspace: async () => 'Files: some.' },
      openNext: () => Promise.reject(new Error('Nothing goes on elsewhere here.')),
      panelPolicy: options.policy,
      clock,
    },
  )
  for await (const output of outputs) {
    if (output.kind !== 'event') continue
    count(output, tally)
    append(session, { ...output.event, runId })
    if (random.chance(cutChance) && output.event.type !== 'run.finished') return false
  }
  return true
}

function count(output: Extract<LoopOutput, { kind: 'event' }>, tally: Tally): void {
  if (output.event.type === 'epoch') tally.epochs += 1
  if (output.event.type === 'compaction.finished') tally.compactions += 1
  if (output.event.type === 'panel.changed' && output.event.data.callId === undefined) tally.drifts += 1
}

function append({ log }: Session, draft: EventDraft): void {
  const frame = { v: 1, seq: log.length + 1, sessionId: 'session', time: new Date().toISOString() }
  log.push(storedEventSchema.parse({ ...frame, ...draft }))
}

/** Waits pass at once, all but the time that a run may take. */
const clock: Clock = {
  now: Date.now,
  random: () => 0.5,
  sleep: (ms, signal) =>
    ms < 60_000
      ? Promise.resolve()
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
}

const usage = { input: 1_000, output: 100, reasoning: 0, cacheHit: 900, cacheMiss: 100 }

/** A model that looks at what it was sent, then does anything. */
function createModel(session: Session): Model {
  const { random, workspace, options, tally } = session
  const ratio = options.seed % 2 === 0 ? 1 : 50
  return {
    id: 'restless',
    providerName: 'Test',
    thinking: false,
    images: false,
    contextTokens: 64_000,
    outputTokensMax: 8_000,
    costOf: ({ cacheHit, cacheMiss }) => (cacheHit + cacheMiss * ratio) / 1e6,
    async *stream(request) {
      const shown = inspect(session, request)
      if (random.chance(0.3)) disturb(session)
      if (random.chance(0.03)) kill(session)
      if (random.chance(0.05)) throw new ModelFailure('overloaded', { code: 'overloaded', retryable: true })
      const tools = request.tools.map(({ name }) => name)
      const isOver = tally.calls >= options.steps || random.chance(0.1)
      const moves = isOver ? [] : randomMoves({ random, workspace, shown, tools })
      session.story.push(...moves.map((move) => JSON.stringify(move)))
      const calls = moves.map((move) => ({ name: move.name, arguments: JSON.stringify(move.arguments) }))
      const text = calls.length === 0 ? 'Done.' : ''
      if (text !== '') yield { type: 'text', text }
      const finishReason = calls.length === 0 ? 'stop' : 'tool_calls'
      yield { type: 'complete', answer: { finishReason, reasoning: '', text, calls, usage, brokenMarkup: false } }
    },
  }
}

/** Is told of the conversation, not of the files, and takes no part in either. */
const summariser: Model = {
  id: 'summariser',
  providerName: 'Test',
  thinking: false,
  images: false,
  contextTokens: 64_000,
  outputTokensMax: 8_000,
  costOf: () => 0,
  async *stream() {
    const answer = {
      finishReason: 'stop',
      reasoning: '',
      text: 'Much was done.',
      calls: [],
      usage,
      brokenMarkup: false,
    }
    yield { type: 'complete', answer }
  },
}

function inspect(session: Session, { messages }: ModelRequest) {
  const { log, workspace, expected, tally, story } = session
  const system = log.find((event) => event.type === 'notice' && event.data.code === modelNotices.system)
  const details = system?.type === 'notice' ? system.data.details : undefined
  const nonce = z.string().parse(details?.nonce)
  const { shown, lines, problems: wrong } = look({ messages, nonce, read: workspace.read })
  const problems = [...wrong, ...expected.missing(shown, (path) => workspace.read(path) !== undefined)]
  tally.calls += 1
  if (!session.wasRead) {
    tally.unread += 1
    expected.doubt()
    return shown
  }
  tally.files += shown.size
  tally.lines += lines
  if (problems.length > 0) {
    tally.broken.push(`${whereIn(session)}: ${problems.slice(0, 4).join('; ')}\n  ${story.slice(-12).join('\n  ')}`)
  }
  return shown
}

/** The session is the first one that is played with that seed. */
function whereIn({ options, tally }: Session): string {
  return `${seedVariable}=${options.seed} (${options.policy}), model call ${tally.calls}`
}

/** The tools of the files server, and a command that it knows nothing of. */
function createTools(session: Session): ToolSet {
  const { random } = session
  const { tools } = session.server
  return {
    instructions: [],
    problems: [],
    tools: [
      ...tools.tools,
      {
        name: 'disturb',
        server: 'test',
        description: 'Anything.',
        inputSchema: { type: 'object' },
        trusted: true,
        isReadOnly: () => false,
        mayRead: false,
        isDestructive: false,
      },
    ],
    async call(request) {
      if (request.name !== 'disturb') {
        const answer = tools.call(request)
        if (random.chance(0.02)) setTimeout(() => kill(session), random.int(8))
        if (random.chance(0.02)) setTimeout(() => session.cancel(), random.int(8))
        const outcome = await answer
        session.expected.answered({ ...request, isWhole: outcome.ok && !outcome.text.includes('Not opened') })
        return outcome
      }
      const text = disturb(session)
      return { ok: true, text, images: [], applied: undefined, facts: undefined, panel: undefined }
    },
    async readPanels(request) {
      const readings = await tools.readPanels(request)
      session.wasRead = readings.problems.length === 0
      return readings
    },
  }
}

function disturb({ workspace, story }: Session): string {
  const what = workspace.disturb()
  story.push(what)
  return what
}

function kill({ server, expected, tally, story }: Session): void {
  tally.kills += 1
  expected.doubt()
  story.push('the files server was killed')
  server.kill()
}

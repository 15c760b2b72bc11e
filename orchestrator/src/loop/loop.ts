import { randomBytes } from 'node:crypto'
import type { ToolSet } from '../connect/index.js'
import {
  effectiveEvents,
  isOfSession,
  modelNotices,
  type PanelPolicy,
  panelNonce,
  runTotals,
} from '../context/index.js'
import { endsRun, type LiveLog, type LoopOutput, type RunStatus } from '../events/index.js'
import type { Model } from '../providers/index.js'
import { ask } from './ask.js'
import { type Clock, systemClock } from './clock.js'
import { compactIfFull } from './compact.js'
import { executeCalls } from './execute-calls.js'
import { effectiveLimits, type RunLimits, reachedBeforeAsking, reachedBeforeCalls, runLimits } from './limits.js'
import { createLogView } from './log-view.js'
import { type CalledStep, nextMove } from './next-move.js'
import {
  type Approve,
  type IsJournalled,
  type KeepOutput,
  type Opening,
  type OpenNext,
  type Run,
  RunFailure,
} from './run.js'
import { createStopSignal } from './stop-signal.js'
import { ownTools } from './tools/own-tools.js'
import { subagent } from './tools/subagent.js'

export interface LoopTask {
  sessionId: string
  runId: string
  /** The log of the session up to and including this run's `run.started`, or beyond it when the run is resumed. */
  log: LiveLog
  signal: AbortSignal
}

export interface LoopDeps {
  model: Model
  /** Writes summaries; `model` when absent. */
  secondaryModel?: () => Model
  tools: ToolSet
  opening: Opening
  /** Every call may run when absent. */
  approve?: Approve
  /** Nothing is journalled when absent. */
  isJournalled?: IsJournalled
  openNext: OpenNext
  /** Nothing is kept when absent. */
  keepOutput?: KeepOutput
  limits?: RunLimits
  /** How what the model has read of open files is kept true; `auto` unless told otherwise. */
  panelPolicy?: PanelPolicy
  clock?: Clock
}

/**
 * Works on a run until it ends. Each durable event must be in the log before the iterator is resumed. Nothing is
 * remembered between two moves but the log, so a run that was cut anywhere goes on from what the log says.
 * Ends with `run.finished`, or throws: the signal's reason when aborted, a `Failure` when the model cannot be had.
 */
export async function* runLoop(task: LoopTask, deps: LoopDeps): AsyncGenerator<LoopOutput, void> {
  const settings = settingsOf(task, deps)
  const { limits, clock } = settings
  const stop = createStopSignal({ signal: task.signal, wallTimeMs: limits.wallTimeMs, clock })
  yield* workWithin({ ...settings, signal: stop.signal, pause: stop.pause }, stop)
}

async function* workWithin(run: Run, stop: ReturnType<typeof createStopSignal>): AsyncGenerator<LoopOutput, void> {
  try {
    yield* work(run)
  } catch (error) {
    // What an abort interrupted reports it in its own words; the signal knows whose it was.
    if (!run.signal.aborted) throw error
    if (!stop.isOutOfTime()) throw run.signal.reason
    yield finished(run, 'limit_wall_time')
  } finally {
    await stop.dispose()
  }
}

async function* work(run: Run): AsyncGenerator<LoopOutput, void> {
  refuseUnknownTools(run)
  yield* openConversation(run)
  while (true) {
    run.signal.throwIfAborted()
    const seen = run.view.head
    const move = nextMove(run.view.events, run.id)
    switch (move.kind) {
      case 'discard':
        yield { kind: 'event', event: { type: 'step.discarded', stepId: move.stepId, data: { reason: move.reason } } }
        break
      case 'nudge':
        yield notice(modelNotices.nudge, move.text, { why: move.why })
        break
      case 'ask': {
        const limit = reachedBeforeAsking(runTotals(run.all.events, run.id), run.limits)
        if (limit) return yield finished(run, limit)
        yield* compactIfFull(run)
        yield* ask(run)
        break
      }
      case 'execute': {
        const limit = reachedBeforeCalls(runTotals(run.all.events, run.id), run.limits) ?? tooDeep(move.step, run)
        if (limit) return yield finished(run, limit)
        const { isUnanswered } = yield* executeCalls(move.step, run)
        if (isUnanswered) return yield finished(run, 'approval_needed')
        break
      }
      case 'fail':
        throw new RunFailure(move.code, move.message)
      case 'finish':
        // Somebody may steer the run in the moment in which it ends: then it has not ended.
        yield { ...finished(run, move.status), onlyAt: seen }
        if (hasEnded(run)) return
    }
  }
}

/** The tools of a run are known when its servers have started, not when it is asked for. */
function refuseUnknownTools({ view, id, tools }: Run): void {
  const started = view.events.find((event) => event.type === 'run.started' && event.runId === id)
  const asked = (started?.type === 'run.started' && started.data.tools) || []
  const unknown = asked.filter((name) => !tools.some((tool) => tool.name === name))
  if (unknown.length === 0) return
  throw new RunFailure(
    'unknown_tool',
    `The run was to use tools that are not there: ${unknown.join(', ')}. GET /v1/tools lists them.`,
  )
}

/** A helper was asked for where none may be: the model was offered the tool, since its list of tools never changes. */
function tooDeep({ calls }: CalledStep, { depth, limits }: Run): RunStatus | undefined {
  const asks = calls.some(({ name }) => name === subagent.info.name)
  return asks && depth >= limits.subagentDepth ? 'limit_subagent_depth' : undefined
}

function hasEnded({ view, id }: Run): boolean {
  return view.events.some((event) => event.runId === id && endsRun({ type: event.type }))
}

/** Every word of a request is in the log first; a conversation says these two once. */
async function* openConversation(run: Run): AsyncGenerator<LoopOutput, void> {
  const log = effectiveEvents(run.view.events)
  const said = new Set(log.flatMap((event) => (event.type === 'notice' ? [event.data.code] : [])))
  if (panelNonce(log) === undefined) {
    const nonce = randomBytes(nonceBytes).toString('hex')
    yield notice(modelNotices.system, run.opening.system(run.depth === 0 ? 'agent' : 'subagent'), { nonce })
  }
  yield* tellProblems(run)
  if (!said.has(modelNotices.workspace)) yield notice(modelNotices.workspace, await run.opening.workspace())
}

/** A server that is missing is told once in a run, also when it was missing before. */
function* tellProblems({ view, id, depth, problems }: Run): Generator<LoopOutput, void> {
  const told = view.events.flatMap((event) =>
    event.runId === id && event.type === 'notice' && event.data.code === serverProblem ? [event.data.message] : [],
  )
  for (const { server, message } of depth === 0 ? problems : []) {
    const text = `The tools of ${server} are missing: ${message}`
    if (!told.includes(text)) yield notice(serverProblem, text, { server })
  }
}

const serverProblem = 'server_problem'

/** Enough that nothing a tool reads can hold it by chance or guess it. */
const nonceBytes = 4

/** What the run was started with, over what holds for every run. */
function settingsOf(task: LoopTask, deps: LoopDeps): Omit<Run, 'signal' | 'pause'> {
  const all = createLogView(task.log, () => true)
  const started = all.events.find((event) => event.type === 'run.started' && event.runId === task.runId)
  const given = started?.type === 'run.started' ? started.data : undefined
  const allowed = given?.tools
  const tools = [...deps.tools.tools, ...ownTools.map(({ info }) => info)]
  return {
    id: task.runId,
    sessionId: task.sessionId,
    view: all.select(isOfSession),
    all,
    model: deps.model,
    secondaryModel: deps.secondaryModel ?? (() => deps.model),
    problems: deps.tools.problems,
    tools: allowed ? tools.filter(({ name }) => allowed.includes(name)) : tools,
    readOnly: false,
    depth: 0,
    callTool: (request) => deps.tools.call(request),
    readPanels: (request) => deps.tools.readPanels(request),
    panelPolicy: deps.panelPolicy ?? 'auto',
    opening: deps.opening,
    approve: deps.approve ?? (() => 'allow'),
    isJournalled: deps.isJournalled ?? (() => false),
    openNext: deps.openNext,
    keepOutput: deps.keepOutput ?? (async () => undefined),
    work,
    limits: effectiveLimits(deps.limits ?? runLimits, given?.limits),
    clock: deps.clock ?? systemClock,
  }
}

function finished(run: Run, status: RunStatus): Extract<LoopOutput, { kind: 'event' }> {
  const { usage, cost } = runTotals(run.all.events, run.id)
  return { kind: 'event', event: { type: 'run.finished', data: { status, usage, cost } } }
}

function notice(code: string, message: string, details?: Record<string, unknown>): LoopOutput {
  return { kind: 'event', event: { type: 'notice', data: { code, message, ...(details ? { details } : {}) } } }
}

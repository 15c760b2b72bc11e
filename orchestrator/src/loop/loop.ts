import { randomBytes } from 'node:crypto'
import type { ToolSet } from '../connect/index.js'
import {
  effectiveEvents,
  type LogEvent,
  modelNotices,
  type PanelPolicy,
  panelNonce,
  runTotals,
} from '../context/index.js'
import type { EventDraft, LoopOutput, RunStatus } from '../events/index.js'
import type { Model } from '../providers/index.js'
import { ask } from './ask.js'
import { type Clock, systemClock } from './clock.js'
import { executeCalls } from './execute-calls.js'
import { effectiveLimits, type RunLimits, reachedBeforeAsking, reachedBeforeCalls, runLimits } from './limits.js'
import { nextMove } from './next-move.js'
import { type Run, RunFailure } from './run.js'
import { createStopSignal } from './stop-signal.js'

export interface LoopTask {
  runId: string
  /** The log of the session up to and including this run's `run.started`, or beyond it when the run is resumed. */
  history: readonly LogEvent[]
  signal: AbortSignal
}

export interface LoopDeps {
  model: Model
  tools: ToolSet
  /** What opens the conversation; asked for once in a session, then it is in the log. */
  opening: { system(): string; workspace(): Promise<string> }
  /** Inputs that were admitted into this run since the last call of this function, as they stand in the log. */
  steered?: () => readonly LogEvent[]
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
  const stop = createStopSignal({ signal: task.signal, wallTimeMs: settings.limits.wallTimeMs, clock: settings.clock })
  const run: Run = { ...settings, id: task.runId, log: [...task.history], signal: stop.signal }
  try {
    for await (const output of work(run)) {
      if (output.kind === 'event') run.log.push(entered(output.event, run))
      yield output
    }
  } catch (error) {
    // What an abort interrupted reports it in its own words; the signal knows whose it was.
    if (!run.signal.aborted) throw error
    if (!stop.isOutOfTime()) throw run.signal.reason
    yield finished(run, 'limit_wall_time')
  } finally {
    await stop.dispose()
  }
}

function entered(event: EventDraft, { id: runId, clock }: Run): LogEvent {
  return { ...event, runId, time: new Date(clock.now()).toISOString() }
}

async function* work(run: Run): AsyncGenerator<LoopOutput, void> {
  yield* openConversation(run)
  while (true) {
    run.signal.throwIfAborted()
    run.log.push(...run.steered())
    const move = nextMove(run.log, run.id)
    switch (move.kind) {
      case 'discard':
        yield { kind: 'event', event: { type: 'step.discarded', stepId: move.stepId, data: { reason: move.reason } } }
        break
      case 'nudge':
        yield notice(modelNotices.nudge, move.text, { why: move.why })
        break
      case 'ask': {
        const limit = reachedBeforeAsking(runTotals(run.log, run.id), run.limits)
        if (limit) return yield finished(run, limit)
        yield* ask(run)
        break
      }
      case 'execute': {
        const limit = reachedBeforeCalls(runTotals(run.log, run.id), run.limits)
        if (limit) return yield finished(run, limit)
        yield* executeCalls(move.step, run)
        break
      }
      case 'fail':
        throw new RunFailure(move.code, move.message)
      case 'finish':
        return yield finished(run, 'completed')
    }
  }
}

/** Every word of a request is in the log first; a session says these two once. */
async function* openConversation(run: Run): AsyncGenerator<LoopOutput, void> {
  const log = effectiveEvents(run.log)
  const said = new Set(log.flatMap((event) => (event.type === 'notice' ? [event.data.code] : [])))
  if (panelNonce(log) === undefined) {
    const nonce = randomBytes(nonceBytes).toString('hex')
    yield notice(modelNotices.system, run.opening.system(), { nonce })
  }
  if (!said.has(modelNotices.workspace)) yield notice(modelNotices.workspace, await run.opening.workspace())
}

/** Enough that nothing a tool reads can hold it by chance or guess it. */
const nonceBytes = 4

/** What the run was started with, over what holds for every run. */
function settingsOf(task: LoopTask, deps: LoopDeps): Omit<Run, 'id' | 'log' | 'signal'> {
  const started = task.history.find((event) => event.type === 'run.started' && event.runId === task.runId)
  const given = started?.type === 'run.started' ? started.data : undefined
  const allowed = given?.tools
  return {
    model: deps.model,
    tools: allowed ? deps.tools.tools.filter(({ name }) => allowed.includes(name)) : deps.tools.tools,
    callTool: (request) => deps.tools.call(request),
    readPanels: (request) => deps.tools.readPanels(request),
    panelPolicy: deps.panelPolicy ?? 'auto',
    opening: deps.opening,
    steered: deps.steered ?? (() => []),
    limits: effectiveLimits(deps.limits ?? runLimits, given?.limits),
    clock: deps.clock ?? systemClock,
  }
}

function finished(run: Run, status: RunStatus): LoopOutput {
  const { usage, cost } = runTotals(run.log, run.id)
  return { kind: 'event', event: { type: 'run.finished', data: { status, usage, cost } } }
}

function notice(code: string, message: string, details?: Record<string, unknown>): LoopOutput {
  return { kind: 'event', event: { type: 'notice', data: { code, message, ...(details ? { details } : {}) } } }
}

import { randomUUID } from 'node:crypto'
import type { ToolInfo } from '../connect/index.js'
import { runTotals } from '../context/index.js'
import { type EventDraft, endsRun, type LoopOutput, runResumed, type StoredEvent } from '../events/index.js'
import { problemOf } from '../events/problem.js'
import type { Run } from './run.js'

export interface InnerRun {
  /** The same again after a crash: what is in the log of it is not done a second time. */
  runId: string
  task: string
  tools: readonly ToolInfo[]
  iterationsMax: number
}

/**
 * Plays a run inside another one, in the same log: a conversation of its own, which only reads, within what is left of
 * the other's limits. Yields until its end is in the log, also when it is aborted, and returns what it came to.
 */
export async function* playInside(
  outer: Run,
  inner: InnerRun,
): AsyncGenerator<LoopOutput, { ok: boolean; text: string }> {
  const own = insideOf(outer, inner)
  const inside = { runId: inner.runId, parentRunId: outer.id }
  if (!endOf(own)) {
    for (const draft of opening(own, inner)) yield placed({ kind: 'event', event: draft }, inside)
    try {
      for await (const output of own.work(own)) yield placed(output, inside)
    } catch (error) {
      // Whoever follows it sees its end, also when the other one ends with it.
      const end: EventDraft = outer.signal.aborted
        ? { type: 'run.cancelled', data: {} }
        : { type: 'run.failed', data: problemOf(error) }
      yield placed({ kind: 'event', event: end }, inside)
    }
  }
  return answerOf(own)
}

function insideOf(outer: Run, { runId, tools, iterationsMax }: InnerRun): Run {
  const taken = runTotals(outer.all.events, outer.id)
  // A run that goes on has taken a part of it itself, and counts that again.
  const own = runTotals(outer.all.events, runId)
  const left = (limit: number, all: number, mine: number) => limit - all + mine
  const tokens = ({ usage }: typeof taken) => usage.input + usage.output
  return {
    ...outer,
    id: runId,
    view: outer.all.select((event) => event.runId === runId),
    tools,
    readOnly: true,
    depth: outer.depth + 1,
    callTool: (request) => outer.callTool({ ...request, thread: runId }),
    readPanels: (request) => outer.readPanels({ ...request, thread: runId }),
    limits: {
      ...outer.limits,
      iterations: iterationsMax,
      tokens: left(outer.limits.tokens, tokens(taken), tokens(own)),
      costUsd: left(outer.limits.costUsd, taken.cost ?? 0, own.cost ?? 0),
      toolCalls: left(outer.limits.toolCalls, taken.toolCalls, own.toolCalls),
    },
  }
}

/** What it begins with, as far as that is not in the log: the process may have ended between any two of these. */
function* opening({ view, model }: Run, { runId, task }: InnerRun): Generator<EventDraft, void> {
  if (view.events.some(({ type }) => type === 'run.started')) return yield runResumed
  const inputId = `inp_${randomUUID()}`
  const content = [{ type: 'text' as const, text: task }]
  const admitted = view.events.find((event) => event.type === 'input.admitted')
  if (!admitted) yield { type: 'input.admitted', runId, data: { inputId, delivery: 'start', content } }
  const known = admitted?.type === 'input.admitted' ? admitted.data.inputId : inputId
  yield { type: 'run.started', data: { inputId: known, model: model.id } }
}

/** An output for the log that both share. */
function placed(output: LoopOutput, inside: { runId: string; parentRunId: string }): LoopOutput {
  const { runId } = inside
  if (output.kind === 'delta') return { ...output, runId: output.runId ?? runId, part: `${runId}/${output.part}` }
  const part = output.part === undefined ? {} : { part: `${runId}/${output.part}` }
  // What comes from still further inside is placed already.
  return { ...output, ...part, event: { ...inside, ...output.event } }
}

type RunEndEvent = Extract<StoredEvent, { type: 'run.finished' | 'run.failed' | 'run.cancelled' }>

function endOf({ view }: Run): RunEndEvent | undefined {
  return view.events.find((event): event is RunEndEvent => endsRun({ type: event.type }))
}

/** What it said last, or why it said nothing. */
function answerOf(own: Run): { ok: boolean; text: string } {
  const end = endOf(own)
  const said = lastText(own)
  if (end?.type === 'run.finished' && end.data.status === 'completed') return { ok: true, text: said }
  const why =
    end?.type === 'run.finished' ? end.data.status : end?.type === 'run.failed' ? end.data.message : 'cancelled'
  return {
    ok: false,
    text: `The helper did not finish (${why}). ${said === '' ? 'It said nothing.' : `The last it said:\n${said}`}`,
  }
}

function lastText({ view }: Run): string {
  const last = view.events.findLast((event) => event.type === 'text.finished' && event.data.text.trim() !== '')
  if (last?.type !== 'text.finished') return ''
  return view.events
    .flatMap((event) => (event.type === 'text.finished' && event.stepId === last.stepId ? [event.data.text] : []))
    .join('')
}

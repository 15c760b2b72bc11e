import { randomUUID } from 'node:crypto'
import type { ToolInfo } from '../../connect/index.js'
import { runTotals } from '../../context/index.js'
import { type EventDraft, endsRun, type LoopOutput, type StoredEvent } from '../../events/index.js'
import { errorFields } from '../error-fields.js'
import type { RunnableCall } from '../prepare-call.js'
import type { Run } from '../run.js'
import { type OwnTool, told } from './own-tool.js'

export const subagentIterationsMax = 15
export const subagentResultCharsMax = 4_000
export const subagentTaskCharsMax = 20_000

export const subagent: OwnTool = {
  info: {
    name: 'subagent',
    server: 'auroracoder',
    description: `Gives a task to a helper that reads, searches and reports. It has only the tools that change nothing, knows nothing of this conversation but the task, and answers once, with at most ${subagentResultCharsMax} characters. Use it for questions whose answer is short and whose search is long; several in one answer work side by side.`,
    inputSchema: {
      type: 'object',
      properties: {
        task: {
          type: 'string',
          description: 'What to find out, with all that has to be known for it, and what the answer should hold.',
        },
        tools: {
          type: 'array',
          items: { type: 'string' },
          description: 'Names of the tools it may use; all that change nothing when absent.',
        },
      },
      required: ['task'],
    },
    trusted: false,
    isDestructive: false,
    mayRead: true,
    isReadOnly: () => true,
  },
  async *run(call, run) {
    const problem = problemOf(call.args, run)
    if (problem !== undefined) return told(false, `${problem} Nothing was run.`)
    const { stepId, callId } = call
    const finished = finishedBy(call, run)
    if (finished) return told(finished.data.ok, await shorten(finished.data.text, { run, callId }))
    const started = startedBy(call, run)
    const runId = started?.data.runId ?? `run_${randomUUID()}`
    const own = insideOf(run, { runId, allowed: namesIn(call.args.tools) })
    const finish = (ok: boolean, text: string): LoopOutput => ({
      kind: 'event',
      event: { type: 'subagent.finished', stepId, data: { callId, runId, ok, text } },
    })
    try {
      if (started && !endOf(own)) yield wrapped({ kind: 'event', event: resumedNotice }, { runId, parentRunId: run.id })
      if (!started) yield { kind: 'event', event: startOf({ runId, call }) }
      yield* begin({ own, call, run })
      for await (const output of runOf(own)) yield wrapped(output, { runId, parentRunId: run.id })
    } catch (error) {
      // Whoever follows the sub-agent's run sees its end, also when its parent ends with it.
      if (run.signal.aborted) {
        yield wrapped({ kind: 'event', event: { type: 'run.cancelled', data: {} } }, { runId, parentRunId: run.id })
        yield finish(false, 'Cancelled.')
        throw error
      }
      yield wrapped(
        { kind: 'event', event: { type: 'run.failed', data: errorFields(error) } },
        { runId, parentRunId: run.id },
      )
    }
    const { ok, text } = answerOf(own)
    const shown = await shorten(text, { run, callId })
    yield finish(ok, text)
    return told(ok, shown)
  },
}

function problemOf({ task, tools }: Record<string, unknown>, run: Run): string | undefined {
  if (typeof task !== 'string' || task.trim() === '') return 'Expected a task, found none.'
  if (task.length > subagentTaskCharsMax) {
    return `Expected a task of at most ${subagentTaskCharsMax} characters, found ${task.length}.`
  }
  if (tools === undefined) return undefined
  if (!Array.isArray(tools)) return 'Expected tools to be a list of names.'
  const known = toolsInside(run)
  const unknown = tools.filter((name) => !known.some((tool) => tool.name === name))
  if (unknown.length === 0) return undefined
  return `A helper can have ${known.map(({ name }) => name).join(', ')}; it cannot have ${unknown.map(String).join(', ')}.`
}

function namesIn(tools: unknown): readonly string[] | undefined {
  return Array.isArray(tools) ? tools.filter((name) => typeof name === 'string') : undefined
}

/** What a sub-agent can be offered: tools of which some call only reads. Whether a call does is decided at dispatch. */
function toolsInside({ tools, limits, depth }: Run): ToolInfo[] {
  return tools.filter(
    ({ name, mayRead }) => mayRead && (name !== subagent.info.name || depth + 1 < limits.subagentDepth),
  )
}

/** The run that this call began before the process ended. */
function startedBy({ callId, stepId }: RunnableCall, { view, id }: Run) {
  return view.events.find(
    (event): event is Extract<StoredEvent, { type: 'subagent.started' }> =>
      event.type === 'subagent.started' &&
      event.runId === id &&
      event.stepId === stepId &&
      event.data.callId === callId,
  )
}

/** What this call came to before the process ended: the helper was done, and its caller was not told yet. */
function finishedBy({ callId, stepId }: RunnableCall, { view, id }: Run) {
  return view.events.find(
    (event): event is Extract<StoredEvent, { type: 'subagent.finished' }> =>
      event.type === 'subagent.finished' &&
      event.runId === id &&
      event.stepId === stepId &&
      event.data.callId === callId,
  )
}

/** The sub-agent's run: a conversation of its own, within what is left of its parent's limits. */
function insideOf(run: Run, { runId, allowed }: { runId: string; allowed: readonly string[] | undefined }): Run {
  const { usage, cost, toolCalls } = runTotals(run.all.events, run.id)
  const offered = toolsInside(run)
  return {
    ...run,
    id: runId,
    view: run.all.select((event) => event.runId === runId),
    tools: allowed ? offered.filter(({ name }) => allowed.includes(name)) : offered,
    readOnly: true,
    depth: run.depth + 1,
    callTool: (request) => run.callTool({ ...request, thread: runId }),
    readPanels: (request) => run.readPanels({ ...request, thread: runId }),
    limits: {
      ...run.limits,
      iterations: subagentIterationsMax,
      tokens: run.limits.tokens - usage.input - usage.output,
      costUsd: run.limits.costUsd - (cost ?? 0),
      toolCalls: run.limits.toolCalls - toolCalls,
    },
  }
}

function startOf({ runId, call }: { runId: string; call: RunnableCall }): EventDraft {
  const { stepId, callId, args } = call
  return { type: 'subagent.started', stepId, data: { callId, runId, task: String(args.task) } }
}

/** What a run begins with, as far as it is not in the log: the process may have ended between any two of these. */
function* begin(options: { own: Run; call: RunnableCall; run: Run }): Generator<LoopOutput, void> {
  const { own, call, run } = options
  const inside = { runId: own.id, parentRunId: run.id }
  const admitted = own.view.events.find(({ type }) => type === 'input.admitted')
  const inputId = admitted?.type === 'input.admitted' ? admitted.data.inputId : `inp_${randomUUID()}`
  if (!admitted) {
    const content = [{ type: 'text' as const, text: String(call.args.task) }]
    yield wrapped(
      { kind: 'event', event: { type: 'input.admitted', data: { inputId, delivery: 'start', content } } },
      inside,
    )
  }
  if (own.view.events.some(({ type }) => type === 'run.started')) return
  yield wrapped({ kind: 'event', event: { type: 'run.started', data: { inputId, model: run.model.id } } }, inside)
}

/** A run that ended right before its process did has nothing left to do. */
async function* runOf(own: Run): AsyncGenerator<LoopOutput, void> {
  if (!endOf(own)) yield* own.work(own)
}

const resumedNotice: EventDraft = {
  type: 'notice',
  data: { code: 'run_resumed', message: 'The process stopped during this run; it goes on from the log.' },
}

/** An output of the sub-agent's run, for the log that it shares with its parent. */
function wrapped(output: LoopOutput, inside: { runId: string; parentRunId: string }): LoopOutput {
  const { runId } = inside
  if (output.kind === 'delta') return { ...output, runId: output.runId ?? runId, part: `${runId}/${output.part}` }
  const part = output.part === undefined ? {} : { part: `${runId}/${output.part}` }
  // What a sub-agent's own sub-agent yields is placed already.
  return { ...output, ...part, event: { ...inside, ...output.event } }
}

type RunEndEvent = Extract<StoredEvent, { type: 'run.finished' | 'run.failed' | 'run.cancelled' }>

function endOf({ view }: Run): RunEndEvent | undefined {
  return view.events.find((event): event is RunEndEvent => endsRun({ type: event.type }))
}

/** What the sub-agent said last, or why it said nothing. */
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

async function shorten(text: string, { run, callId }: { run: Run; callId: string }): Promise<string> {
  if (text.length <= subagentResultCharsMax) return text
  const kept = await run.keepOutput({ name: `subagent-${callId}`, text })
  const where = kept === undefined ? '' : `; ${kept}`
  return `${text.slice(0, subagentResultCharsMax)}\n[${text.length - subagentResultCharsMax} characters left out${where}]`
}

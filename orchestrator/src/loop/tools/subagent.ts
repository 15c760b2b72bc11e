import { randomUUID } from 'node:crypto'
import type { ToolInfo } from '../../connect/index.js'
import type { StoredEvent } from '../../events/index.js'
import { playInside } from '../inner-run.js'
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
    const problem = problemOfCall(call.args, run)
    if (problem !== undefined) return told(false, `${problem} Nothing was run.`)
    const { stepId, callId } = call
    const [finished] = eventsOf(call, run, 'subagent.finished')
    if (finished) return told(finished.data.ok, await shorten(finished.data.text, { run, callId }))

    const [started] = eventsOf(call, run, 'subagent.started')
    const task = String(call.args.task)
    const runId = started?.data.runId ?? `run_${randomUUID()}`
    if (!started) yield { kind: 'event', event: { type: 'subagent.started', stepId, data: { callId, runId, task } } }
    const offered = toolsInside(run)
    const allowed = namesIn(call.args.tools) ?? offered.map(({ name }) => name)
    const { ok, text } = yield* playInside(run, {
      runId,
      task,
      tools: offered.filter(({ name }) => allowed.includes(name)),
      iterationsMax: subagentIterationsMax,
    })
    yield { kind: 'event', event: { type: 'subagent.finished', stepId, data: { callId, runId, ok, text } } }
    run.signal.throwIfAborted()
    return told(ok, await shorten(text, { run, callId }))
  },
}

function problemOfCall({ task, tools }: Record<string, unknown>, run: Run): string | undefined {
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

/** What this call has left in the log before the process ended. */
function eventsOf<Type extends 'subagent.started' | 'subagent.finished'>(
  { callId, stepId }: RunnableCall,
  { view, id }: Run,
  type: Type,
) {
  return view.events.filter(
    (event): event is Extract<StoredEvent, { type: Type }> =>
      event.type === type && event.runId === id && event.stepId === stepId && event.data.callId === callId,
  )
}

async function shorten(text: string, { run, callId }: { run: Run; callId: string }): Promise<string> {
  if (text.length <= subagentResultCharsMax) return text
  const kept = await run.keepOutput({ name: `subagent-${callId}`, text })
  const where = kept === undefined ? '' : `; ${kept}`
  return `${text.slice(0, subagentResultCharsMax)}\n[${text.length - subagentResultCharsMax} characters left out${where}]`
}

import { Failure } from '@auroracoder/kit/jail'
import type { Agent, AgentTask, EventDraft, LoopOutput, StoredEvent } from '../events/index.js'

const usage = { input: 1, output: 1, reasoning: 0, cacheHit: 0, cacheMiss: 1 }

/**
 * A small agent for tests. It speaks the words of its input, one delta each; some words are orders:
 * `wait` waits to be cancelled, `hang` never ends, `tool` calls a tool, `break` and `refuse` throw, `limit` ends early.
 */
export const wordsAgent: Agent = async function* (task) {
  await task.keepWorkspace()
  const words = lastInput(task.log.events).split(' ')
  yield event({ type: 'step.started', stepId: 'step_1', data: { model: task.model ?? 'words', attempt: 1 } })
  yield event({ type: 'text.started', stepId: 'step_1', data: {} }, 'text:1')
  for (const word of words) {
    yield { kind: 'delta', type: 'text.delta', part: 'text:1', text: `${word} ` }
    yield* obey(word, task)
  }
  const text = words.map((word) => `${word} `).join('')
  yield event({ type: 'text.finished', stepId: 'step_1', data: { text } }, 'text:1')
  yield event({ type: 'step.finished', stepId: 'step_1', data: { finishReason: 'stop', usage, cost: 0 } })
  yield finished(words.includes('limit') ? 'limit_iterations' : 'completed')
}

async function* obey(word: string, { signal }: AgentTask): AsyncGenerator<LoopOutput> {
  if (word === 'wait') await aborted(signal).then(() => signal.throwIfAborted())
  if (word === 'hang') await new Promise(() => {})
  if (word === 'break') throw new Error('a bug')
  if (word === 'refuse') throw new Failure('Expected a key, found none; set one.')
  if (word === 'tool') yield* callTool('call_1')
  if (word === 'hangtool') {
    yield* toolStart('call_1')
    await new Promise(() => {})
  }
}

function* toolStart(callId: string): Generator<LoopOutput> {
  yield { kind: 'delta', type: 'tool.arguments.delta', part: `arguments:${callId}`, text: '{"path":' }
  yield { kind: 'delta', type: 'tool.arguments.delta', part: `arguments:${callId}`, text: '"a"}' }
  const data = { callId, name: 'read_file', arguments: '{"path":"a"}' }
  yield event({ type: 'tool.called', stepId: 'step_1', data }, `arguments:${callId}`)
  yield event(
    { type: 'tool.started', stepId: 'step_1', data: { callId, key: `run/step_1/${callId}` } },
    `tool:${callId}`,
  )
}

function* callTool(callId: string): Generator<LoopOutput> {
  yield* toolStart(callId)
  yield { kind: 'delta', type: 'tool.progress', part: `tool:${callId}`, text: 'half' }
  const data = { callId, ok: true, content: [{ type: 'text' as const, text: 'A' }], meta: {} }
  yield event({ type: 'tool.finished', stepId: 'step_1', data }, `tool:${callId}`)
}

export interface Stage {
  agent: Agent
  /** Resolves when the agent was resumed after this output, so the output has been dealt with. */
  yield(output: LoopOutput): Promise<void>
  /** Makes the agent throw. */
  throw(error: Error): void
  /** The task of the newest run. */
  task(): Promise<AgentTask>
}

/** An agent whose outputs the test gives one by one. It stops when cancelled. */
export function createStage(): Stage {
  const acts = createChannel<{ output?: LoopOutput; error?: Error; done: () => void }>()
  const tasks = createChannel<AgentTask>()
  return {
    agent: async function* (task) {
      tasks.put(task)
      const stopped = aborted(task.signal)
      for (;;) {
        const act = await Promise.race([acts.take(), stopped])
        if (act === undefined) throw new Error('stopped')
        if (act.error !== undefined) throw act.error
        if (act.output !== undefined) yield act.output
        act.done()
      }
    },
    yield: (output) => new Promise((done) => acts.put({ output, done })),
    throw: (error) => acts.put({ error, done: () => {} }),
    task: () => tasks.take(),
  }
}

export function event(draft: EventDraft, part?: string): LoopOutput {
  return { kind: 'event', event: draft, ...(part === undefined ? {} : { part }) }
}

export function finished(status: 'completed' | 'limit_iterations' = 'completed'): LoopOutput {
  return event({ type: 'run.finished', data: { status, usage, cost: null } })
}

export function notice(message: string): LoopOutput {
  return event({ type: 'notice', data: { code: 'test', message } })
}

function lastInput(history: readonly StoredEvent[]): string {
  const input = history.findLast((candidate) => candidate.type === 'input.admitted')
  const block = input?.type === 'input.admitted' ? input.data.content[0] : undefined
  return block?.type === 'text' ? block.text : ''
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function createChannel<T>() {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    put(item: T) {
      const taker = takers.shift()
      if (taker === undefined) items.push(item)
      else taker(item)
    },
    take(): Promise<T> {
      const item = items.shift()
      return item === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(item)
    },
  }
}

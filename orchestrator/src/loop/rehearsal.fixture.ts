import { onTestFinished } from 'vitest'
import type { ToolInfo, ToolOutcome, ToolRequest, ToolSet } from '../connect/index.js'
import { isOfSession, type LogEvent, toMessages, validateHistory } from '../context/index.js'
import {
  type DurableType,
  type EventDraft,
  type LoopOutput,
  type StoredEvent,
  storedEventSchema,
} from '../events/index.js'
import { builtInProviders, chooseModel, createModel, type Model, type StreamTimeouts } from '../providers/index.js'
import { createScriptedModel, type ScriptedModel, type ScriptInput } from '../scripted-model/index.js'
import type { Clock } from './clock.js'
import { type LoopDeps, runLoop } from './index.js'
import { retryAfterMsMax } from './limits.js'

const sessionId = 'session'
export const runId = 'run'

/** A tool of a test: its name, what it does, and what the loop is to know about it. */
export interface TestTool extends Partial<Omit<ToolInfo, 'name'>> {
  name: string
  readOnly?: boolean
  run?: (request: ToolRequest) => Promise<Partial<ToolOutcome>> | Partial<ToolOutcome>
}

export interface Stage {
  model: Model
  endpoint: ScriptedModel
  /** The waits the loop asked for, in ms. */
  waits: number[]
  clock: Clock
}

/** A scripted endpoint on loopback and the product's own client for it. */
export async function setStage(options: {
  script: ScriptInput
  timeouts?: Partial<StreamTimeouts>
  thinking?: boolean
  apiKey?: string
}): Promise<Stage> {
  const endpoint = await createScriptedModel({
    script: options.script,
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  })
  onTestFinished(() => endpoint.close())
  const env = { DEEPSEEK_BASE_URL: endpoint.url }
  const model = createModel({
    choice: chooseModel({ providers: builtInProviders(env), env }),
    timeouts: { firstByteMs: 5_000, idleMs: 5_000, totalMs: 10_000, ...options.timeouts },
    ...(options.thinking === undefined ? {} : { thinking: options.thinking }),
  })
  const waits: number[] = []
  return { model, endpoint, waits, clock: impatientClock(waits) }
}

/** Waits pass at once, all but the wall time of a run and the time that a person has to answer. */
function impatientClock(waits: number[]): Clock {
  return {
    now: Date.now,
    random: () => 0.5,
    sleep: (ms, signal) => {
      if (ms <= retryAfterMsMax) {
        waits.push(ms)
        return Promise.resolve()
      }
      return new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    },
  }
}

export function toolSet(tools: readonly TestTool[]): ToolSet {
  return {
    tools: tools.map(({ name, readOnly = false, ...info }) => ({
      server: 'rehearsal',
      description: `The tool ${name}.`,
      inputSchema: { type: 'object', properties: {} },
      trusted: true,
      isDestructive: !readOnly,
      mayRead: readOnly,
      isReadOnly: () => readOnly,
      ...info,
      name,
    })),
    instructions: [],
    async call(request) {
      const tool = tools.find(({ name }) => name === request.name)
      const outcome = (await tool?.run?.(request)) ?? {}
      return {
        ok: true,
        text: `${request.name} done`,
        images: [],
        applied: undefined,
        facts: undefined,
        panel: undefined,
        ...outcome,
      }
    },
    readPanels: async () => ({ results: [], problems: [] }),
  }
}

export interface Performance {
  /** The log, from the session's first event on. */
  log: StoredEvent[]
  outputs: LoopOutput[]
  /** What the run threw, if it did. */
  error: unknown
}

/** The log of a session in which a user has asked for something and a run has begun. */
export function asked(text: string, run: Extract<EventDraft, { type: 'run.started' }>['data'] = {}): StoredEvent[] {
  return stored([
    { type: 'session.created', data: { workspace: '/project', scratch: false, sandbox: 'local' } },
    { type: 'input.admitted', data: { inputId: 'input', delivery: 'start', content: [{ type: 'text', text }] } },
    { type: 'run.started', data: { inputId: 'input', ...run } },
  ])
}

/** The same log with its run as an earlier one, and a run that continues it. */
export function continuing(log: readonly StoredEvent[]): StoredEvent[] {
  const earlier = log.map((event) => ({ ...event, runId: 'earlier' }))
  return stored([{ type: 'run.started', data: { continues: 'earlier' } }], earlier)
}

export function stored(drafts: readonly EventDraft[], after: readonly StoredEvent[] = []): StoredEvent[] {
  const log = [...after]
  for (const draft of drafts) log.push(place(draft, log.length + 1))
  return log
}

function place(draft: EventDraft, seq: number): StoredEvent {
  return storedEventSchema.parse({ v: 1, seq, sessionId, runId, time: new Date(0).toISOString(), ...draft })
}

/** Plays a run to its end, or until `until` says so, as a consumer does: append, then go on. */
export async function perform(options: {
  stage: Stage
  tools?: readonly TestTool[]
  history?: readonly StoredEvent[]
  signal?: AbortSignal
  deps?: Partial<LoopDeps>
  /** Told before the iterator goes on; `say` appends as somebody else. True leaves the run where it is, as a killed process does. */
  onOutput?: (output: LoopOutput, log: readonly StoredEvent[], say: (...events: EventDraft[]) => void) => unknown
}): Promise<Performance> {
  const { stage, tools = [], history = asked('Do it.') } = options
  const live = liveLog(history)
  const { log } = live
  const outputs: LoopOutput[] = []
  const run = runLoop(
    { sessionId, runId, log: live, signal: options.signal ?? new AbortController().signal },
    {
      model: stage.model,
      tools: toolSet(tools),
      opening: { system: () => 'You are a test.', workspace: async () => 'Date: today' },
      openNext: async ({ key }) => ({ sessionId: `next of ${key}`, runId: 'next' }),
      clock: stage.clock,
      ...options.deps,
    },
  )
  let error: unknown
  try {
    for await (const output of run) {
      outputs.push(output)
      if (output.kind === 'event') live.take(output)
      if (options.onOutput?.(output, log, live.say) === true) break
    }
  } catch (thrown) {
    error = thrown
  }
  checkInvariants(log, outputs, stage)
  return { log, outputs, error }
}

/** A log as the sessions keep one: events that were decided without knowing of later ones are dropped. */
function liveLog(history: readonly StoredEvent[]) {
  const log = [...history]
  const listeners = new Set<() => void>()
  const say = (...drafts: EventDraft[]): void => {
    for (const draft of drafts) log.push(place(draft, log.length + 1))
    for (const listener of listeners) listener()
  }
  return {
    log,
    events: log,
    onAppend(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    say,
    take({ event, onlyAt }: Extract<LoopOutput, { kind: 'event' }>) {
      if (onlyAt === undefined || onlyAt === log.length) say(event)
    },
  }
}

/** What must hold of every log that a test makes. */
function checkInvariants(log: readonly StoredEvent[], outputs: readonly LoopOutput[], stage: Stage): void {
  const problems = validateHistory(toMessages(log.filter(isOfSession), stage.model), stage.model)
  for (const part of closedParts(outputs)) {
    if (part.streamed !== part.said) problems.push(`A part streamed "${part.streamed}" and said "${part.said}".`)
  }
  const refused = stage.endpoint.requests.find(({ status, error }) => status === 400 && !error?.includes('scripted'))
  if (refused) problems.push(`The endpoint refused a request: ${refused.error}`)
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

function closedParts(outputs: readonly LoopOutput[]): { streamed: string; said: string }[] {
  return outputs.flatMap((output) => {
    if (output.kind !== 'event' || output.part === undefined) return []
    const { event } = output
    if (event.type !== 'text.finished' && event.type !== 'reasoning.finished') return []
    const pieces = outputs.filter((each) => each.kind === 'delta' && each.part === output.part)
    return [
      { streamed: pieces.map((each) => (each.kind === 'delta' ? each.text : '')).join(''), said: event.data.text },
    ]
  })
}

export function ofType<Type extends DurableType>(
  log: readonly StoredEvent[],
  type: Type,
): Extract<StoredEvent, { type: Type }>[] {
  return log.filter((event): event is Extract<StoredEvent, { type: Type }> => event.type === type)
}

/** What the user read: the text of the answers that count. */
export function saidText(log: readonly LogEvent[]): string {
  return log.map((event) => (event.type === 'text.finished' ? event.data.text : '')).join('')
}

/** The text of a call's result, as the model reads it. */
export function resultText(log: readonly StoredEvent[], callId: string): string | undefined {
  const result = ofType(log, 'tool.finished').find(({ data }) => data.callId === callId)
  return result?.data.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

/** The messages of the n-th request the endpoint got. */
export function sentMessages(stage: Stage, index: number): { role: string; [field: string]: unknown }[] {
  const body = stage.endpoint.requests[index]?.body
  if (typeof body !== 'object' || body === null || !('messages' in body) || !Array.isArray(body.messages)) return []
  return body.messages
}

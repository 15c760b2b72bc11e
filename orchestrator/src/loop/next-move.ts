import { type LogEvent, modelNotices } from '../context/index.js'
import type { RunStatus } from '../events/index.js'

export type Move =
  | { kind: 'ask' }
  | { kind: 'execute'; step: CalledStep }
  | { kind: 'nudge'; why: NudgeReason; text: string }
  | { kind: 'discard'; stepId: string; reason: string }
  | { kind: 'fail'; code: string; message: string }
  | { kind: 'finish'; status: RunStatus }

/** A finished answer with calls that have no result yet. */
export interface CalledStep {
  stepId: string
  /** The answer was cut: none of its calls may run. */
  isCut: boolean
  calls: OpenCall[]
}

export interface OpenCall {
  callId: string
  name: string
  arguments: string
  /** It was dispatched before, by a process that ended without its result. */
  wasStarted: boolean
}

export type NudgeReason = 'continue' | 'empty' | 'thought' | 'cut' | 'markup'

/** Finish reason of an answer whose text holds a tool call that cannot be read. */
export const malformedCall = 'malformed_tool_call'

/** Finish reasons of the API for answers that end before their end. */
const cutReason = 'length'
const filteredReason = 'content_filter'

const nudges: Record<NudgeReason, { max: number; text: string }> = {
  continue: { max: 1, text: 'Go on with the task from where you stopped.' },
  empty: { max: 1, text: 'Your last answer was empty. Go on with the task, or say what you did.' },
  thought: {
    max: 1,
    text: 'Your last answer reached the output limit while you were still thinking, and nothing of it was kept. Think briefly, then act or answer.',
  },
  cut: { max: 3, text: 'Your last answer was cut off at the output limit. Go on exactly where it stopped.' },
  markup: {
    max: 1,
    text: 'Your last answer holds tool-call markup as text, and no tool was run. If you meant to call a tool, call it through the tool interface.',
  },
}

/** What a run has to do next: a pure function of the log, the same for a run that goes on and one that is resumed. */
export function nextMove(log: readonly LogEvent[], runId: string): Move {
  const events = log.filter((event) => event.runId === runId)
  const first = events.findLastIndex(({ type }) => type === 'step.started')
  const started = events[first]
  if (started?.type !== 'step.started') return firstMove(events)

  const stepId = started.stepId ?? ''
  const own = events.slice(first)
  const end = own.find((event) => event.stepId === stepId && isEnd(event))
  if (end?.type === 'step.discarded') return { kind: 'ask' }
  if (end?.type !== 'step.finished')
    return { kind: 'discard', stepId, reason: 'The process ended in the middle of the answer.' }

  const { finishReason } = end.data
  if (finishReason === filteredReason) {
    return { kind: 'fail', code: 'content_filter', message: 'The content filter of the provider stopped the answer.' }
  }
  const open = openCalls(own)
  if (open.length > 0) {
    return { kind: 'execute', step: { stepId, isCut: finishReason === cutReason, calls: open } }
  }
  if (own.some(({ type }) => type === 'continued')) return { kind: 'finish', status: 'continued' }
  if (own.some(({ type }) => type === 'tool.called')) return { kind: 'ask' }
  if (own.some(isNudge) || isSteered(log, started)) return { kind: 'ask' }
  return moveAfterText({ events, text: textOf(own), finishReason })
}

/** A run that continues the one before brings no input, and a model is asked by a message. */
function firstMove(events: readonly LogEvent[]): Move {
  const hasInput = events.some((event) => event.type === 'run.started' && event.data.inputId !== undefined)
  return hasInput || events.some(isNudge) ? { kind: 'ask' } : nudge('continue')
}

function moveAfterText(options: { events: readonly LogEvent[]; text: string; finishReason: string }): Move {
  const { events, text, finishReason } = options
  const why = reasonToNudge(text, finishReason)
  if (!why) return { kind: 'finish', status: 'completed' }
  if (nudgesSinceWork(events, why) < nudges[why].max) return nudge(why)
  if (why !== 'empty') return { kind: 'finish', status: 'completed' }
  return { kind: 'fail', code: 'empty_answer', message: 'The model answered with nothing, again after it was told so.' }
}

function reasonToNudge(text: string, finishReason: string): NudgeReason | undefined {
  if (text.trim() === '') return finishReason === cutReason ? 'thought' : 'empty'
  if (finishReason === malformedCall) return 'markup'
  return finishReason === cutReason ? 'cut' : undefined
}

function nudge(why: NudgeReason): Move {
  return { kind: 'nudge', why, text: nudges[why].text }
}

/** How often the model has been nudged for this reason since a tool last ran. */
function nudgesSinceWork(events: readonly LogEvent[], why: NudgeReason): number {
  const from = events.findLastIndex(({ type }) => type === 'tool.finished')
  return events.slice(from + 1).filter((event) => isNudge(event) && event.data.details?.why === why).length
}

function isNudge(event: LogEvent): event is Extract<LogEvent, { type: 'notice' }> {
  return event.type === 'notice' && event.data.code === modelNotices.nudge
}

function isEnd({ type }: LogEvent): boolean {
  return type === 'step.finished' || type === 'step.discarded'
}

/** Whether the user has said something since the step began that waits for the next one. */
function isSteered(log: readonly LogEvent[], step: LogEvent): boolean {
  return log
    .slice(log.indexOf(step))
    .some((event) => event.type === 'input.admitted' && event.data.delivery === 'steer')
}

function openCalls(own: readonly LogEvent[]): OpenCall[] {
  const finished = new Set(own.flatMap((event) => (event.type === 'tool.finished' ? [event.data.callId] : [])))
  const started = new Set(own.flatMap((event) => (event.type === 'tool.started' ? [event.data.callId] : [])))
  return own.flatMap((event) =>
    event.type === 'tool.called' && !finished.has(event.data.callId)
      ? [{ ...event.data, wasStarted: started.has(event.data.callId) }]
      : [],
  )
}

function textOf(own: readonly LogEvent[]): string {
  return own.map((event) => (event.type === 'text.finished' ? event.data.text : '')).join('')
}

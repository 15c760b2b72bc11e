import { endsRun, type StoredEvent } from '@auroracoder/orchestrator/events'
import { z } from 'zod'
import type { Service } from '../service.js'
import { keyOf } from './situation.js'

/** What is wrong with the log of a session in which everything has ended, whatever happened on the way. */
export function logProblems(log: readonly StoredEvent[]): string[] {
  return [...placeProblems(log), ...pairingProblems(log), ...runProblems(log), ...inputProblems(log)]
}

function placeProblems(log: readonly StoredEvent[]): string[] {
  return log.flatMap(({ seq }, index) => (seq === index + 1 ? [] : [`The event ${index + 1} has the seq ${seq}.`]))
}

/** Each call has one result. The calls of an answer that was discarded do not count. */
function pairingProblems(log: readonly StoredEvent[]): string[] {
  const discarded = log.flatMap((event) => (event.type === 'step.discarded' ? [stepOf(event)] : []))
  const called = log.flatMap((event) =>
    event.type === 'tool.called' && !discarded.includes(stepOf(event)) ? [keyOf(event)] : [],
  )
  const finished = log.flatMap((event) => (event.type === 'tool.finished' ? [keyOf(event)] : []))
  return [
    ...called.flatMap((key) => {
      const count = finished.filter((each) => each === key).length
      return count === 1 ? [] : [`The call ${key} has ${count} results.`]
    }),
    ...finished.filter((key) => !called.includes(key)).map((key) => `The result ${key} has no call.`),
    ...(new Set(called).size === called.length ? [] : ['Two calls have one id.']),
  ]
}

function stepOf({ runId, stepId }: StoredEvent): string {
  return `${runId}/${stepId}`
}

const goodEnds: readonly string[] = ['completed', 'continued']

/** Each run that was started or waits has one end, and a good one unless somebody interrupted it. */
function runProblems(log: readonly StoredEvent[]): string[] {
  const runs = new Set(
    log.flatMap(({ type, runId }) => ((type === 'run.started' || type === 'input.admitted') && runId ? [runId] : [])),
  )
  return [...runs].flatMap((run) => {
    const ends = log.filter((event) => event.runId === run && endsRun({ type: event.type }))
    const [end] = ends
    if (ends.length !== 1 || end === undefined) return [`The run ${run} has ${ends.length} ends.`]
    if (end.type === 'run.finished' && !goodEnds.includes(end.data.status)) return [`A run ended: ${end.data.status}.`]
    return end.type === 'run.failed' ? [`A run failed: ${end.data.code}: ${end.data.message}`] : []
  })
}

function inputProblems(log: readonly StoredEvent[]): string[] {
  const inputs = log.flatMap((event) => (event.type === 'input.admitted' ? [event.data.inputId] : []))
  const keys = log.flatMap((event) => {
    const isAsked = event.type === 'input.admitted' || event.type === 'run.started'
    return isAsked && event.data.idempotency ? [event.data.idempotency.key] : []
  })
  return [
    ...(new Set(inputs).size === inputs.length ? [] : ['An input was taken twice.']),
    ...(new Set(keys).size === keys.length ? [] : [`A request was taken twice: ${keys.join(', ')}.`]),
  ]
}

const counted = ['input', 'output', 'reasoning', 'cacheHit', 'cacheMiss'] as const

/** What the session says that it used is the sum of its answers and summaries. */
export function usageProblems(log: readonly StoredEvent[], usage: Readonly<Record<string, number | null>>): string[] {
  return counted.flatMap((name) => {
    const sum = log.reduce(
      (total, event) =>
        event.type === 'step.finished' || event.type === 'compaction.finished' ? total + event.data.usage[name] : total,
      0,
    )
    return usage[name] === sum ? [] : [`The session counts ${usage[name]} as ${name}, and its answers ${sum}.`]
  })
}

const messagesSchema = z.object({
  messages: z.array(
    z.object({
      role: z.string(),
      tool_calls: z.array(z.object({ id: z.string() })).optional(),
      tool_call_id: z.string().optional(),
    }),
  ),
})

/** What the service shows as the model's history: each call is there once, and its result after it. */
export async function messageProblems({ api }: Service, session: string): Promise<string[]> {
  const { body } = await api('GET', `/v1/sessions/${session}/messages`)
  const { messages } = messagesSchema.parse(body)
  const calls = messages.flatMap((message) => (message.tool_calls ?? []).map(({ id }) => id))
  const results = messages.flatMap((message) => message.tool_call_id ?? [])
  const isPaired = new Set(calls).size === calls.length && JSON.stringify(calls) === JSON.stringify(results)
  return isPaired ? [] : [`The messages hold the calls ${calls.join(', ')} and the results ${results.join(', ')}.`]
}

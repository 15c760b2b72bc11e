import { randomUUID } from 'node:crypto'
import type { LoopOutput, StoredEvent } from '../../events/index.js'
import { awaitEvent } from '../log-view.js'
import type { Run } from '../run.js'

/** A question that nobody has answered by then counts as answered by nobody. */
export const approvalExpiryMs = 24 * 3_600_000

export interface Question {
  kind: 'tool' | 'elicitation'
  stepId: string
  callId: string
  message: string
  schema?: Record<string, unknown> | undefined
  url?: string | undefined
}

type Asked = Extract<StoredEvent, { type: 'approval.asked' }>
type Answered = Extract<StoredEvent, { type: 'approval.answered' }>
export type ApprovalAnswer = Answered['data']

/**
 * Asks a person and waits for the answer, which somebody else appends to the log. A question about a call that is in
 * the log already, asked before a restart, is not asked again. Rejects when the run is aborted.
 */
export async function* askPerson(run: Run, question: Question): AsyncGenerator<LoopOutput, ApprovalAnswer> {
  const earlier = question.kind === 'tool' ? askedFor(question, run) : undefined
  const approvalId = earlier?.data.approvalId ?? `apr_${randomUUID()}`
  const expiresAtMs = earlier ? Date.parse(earlier.data.expiresAt ?? earlier.time) : run.clock.now() + approvalExpiryMs
  if (!earlier) {
    const { kind, stepId, callId, message, schema, url } = question
    const expiresAt = new Date(expiresAtMs).toISOString()
    const data = { approvalId, kind, callId, message, schema, url, expiresAt }
    yield { kind: 'event', event: { type: 'approval.asked', stepId, data } }
  }
  const answerIn = (events: readonly StoredEvent[]): ApprovalAnswer | undefined =>
    events.find(
      (event): event is Answered => event.type === 'approval.answered' && event.data.approvalId === approvalId,
    )?.data
  const resume = run.pause()
  try {
    for (;;) {
      const answer = await answerWithin({ run, find: answerIn, untilMs: expiresAtMs })
      if (answer) return answer
      // An answer that comes in this moment wins.
      const event = {
        type: 'approval.answered' as const,
        stepId: question.stepId,
        data: { approvalId, answer: 'expire' as const },
      }
      yield { kind: 'event', event, onlyAt: run.view.head }
    }
  } finally {
    resume()
  }
}

function askedFor({ stepId, callId }: Question, { view, id }: Run): Asked | undefined {
  return view.events.find(
    (event): event is Asked =>
      event.type === 'approval.asked' &&
      event.data.kind === 'tool' &&
      event.runId === id &&
      event.stepId === stepId &&
      event.data.callId === callId,
  )
}

/** The answer, or undefined when the time is over. */
async function answerWithin<Found>(options: {
  run: Run
  find: (events: readonly StoredEvent[]) => Found | undefined
  untilMs: number
}): Promise<Found | undefined> {
  const { run, find, untilMs } = options
  const found = find(run.view.events)
  if (found !== undefined) return found
  const done = new AbortController()
  const signal = AbortSignal.any([run.signal, done.signal])
  const late = run.clock.sleep(Math.max(0, untilMs - run.clock.now()), signal).then(() => undefined)
  try {
    return await Promise.race([awaitEvent({ view: run.view, find, signal }), late])
  } finally {
    late.catch(() => {})
    done.abort(new Error('The question is settled.'))
  }
}

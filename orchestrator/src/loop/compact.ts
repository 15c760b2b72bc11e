import {
  type CompactionRange,
  compactionRange,
  compactShareMin,
  contextTokensUsed,
  effectiveEvents,
  noUsage,
  plainSummary,
  summaryRequest,
  summaryTokensMax,
  toMessages,
} from '../context/index.js'
import type { LoopOutput } from '../events/index.js'
import type { Answer, Model } from '../providers/index.js'
import type { Run } from './run.js'

/** Summarises the oldest part of a conversation that hardly fits the model's window any more. The log keeps it whole. */
export async function* compactIfFull(run: Run): AsyncGenerator<LoopOutput, void> {
  if (contextShare(run) < compactShareMin) return
  const range = compactionRange(effectiveEvents(run.view.events), run.model.contextTokens)
  if (!range) return
  yield { kind: 'event', event: { type: 'compaction.started', data: range } }
  const summary = await summarise(run, range)
  yield { kind: 'event', event: { type: 'compaction.finished', data: { ...range, ...summary } } }
}

/** How much of the model's window the next request would take. */
export function contextShare({ view, model, panelPolicy }: Run): number {
  const { thinking, images, contextTokens } = model
  return contextTokensUsed(view.events, { thinking, images, panelPolicy }) / contextTokens
}

interface Summary {
  summary: string
  usage: typeof noUsage
  cost: number | null
}

/** Without a model that answers, the agent still has to go on: then what is known without one stands there. */
async function summarise(run: Run, { toSeq }: CompactionRange): Promise<Summary> {
  const log = effectiveEvents(run.view.events)
  const messages = toMessages(
    log.filter(({ seq }) => seq !== undefined && seq <= toSeq),
    run.model,
  )
  try {
    const model = run.secondaryModel()
    const answer = await answerOf(model, {
      messages: summaryRequest(messages, model.contextTokens),
      signal: run.signal,
    })
    const cost = model.costOf(answer.usage, run.clock.now())
    if (answer.text.trim() !== '') return { summary: answer.text, usage: answer.usage, cost }
    return { summary: plainSummary(log, toSeq), usage: answer.usage, cost }
  } catch (error) {
    run.signal.throwIfAborted()
    return { summary: `${plainSummary(log, toSeq)}\n(${reason(error)})`, usage: noUsage, cost: 0 }
  }
}

async function answerOf(
  model: Model,
  { messages, signal }: { messages: ReturnType<typeof summaryRequest>; signal: AbortSignal },
): Promise<Answer> {
  const outputTokensMax = Math.min(summaryTokensMax, model.outputTokensMax)
  for await (const event of model.stream({ messages, tools: [], outputTokensMax }, signal)) {
    if (event.type === 'complete') return event.answer
  }
  throw new Error('The model ended without an answer.')
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import type { ChatMessage, Model } from '../../providers/index.js'
import { collapsesPanels, effectiveEvents, type LogEvent } from '../log-event.js'
import { type History, renderHistory } from '../messages.js'
import { noUsage } from '../usage.js'
import { epochReason } from './cost.js'

export interface EpochQuestion {
  log: readonly LogEvent[]
  model: Pick<Model, 'id' | 'thinking' | 'images' | 'contextTokens' | 'costOf'>
  nowMs: number
}

/** A prompt cache that was not used for so long is taken for cold; providers keep theirs for minutes to days. */
export const cacheColdMs = 6 * 60 * 60_000
/**
 * A session goes on for about as many calls as it has had, within these bounds. The upper one is low because the two
 * errors differ: an epoch too late costs a little at every call, one right before the end costs its whole price.
 */
export const expectedCallsMin = 5
export const expectedCallsMax = 20
/** Cautious: code has rather less than this. Only shares of the context window depend on it. */
const charsPerToken = 4

/**
 * Why an epoch is due before the next model call, if it is. The cost of going on and of collapsing are taken from the
 * two requests themselves.
 */
export function dueEpoch({ log, model, nowMs }: EpochQuestion): string | undefined {
  const effective = effectiveEvents(log)
  if (!hasNews(effective)) return undefined
  const now = renderHistory(effective, model)
  const collapsed = renderHistory([...effective, { type: 'epoch', data: { reason: '' } }], model)
  const before = charsOf(now.messages)
  const staleChars = before - charsOf(collapsed.messages)
  const cachedChars = isCacheCold({ log: effective, model, nowMs }) ? 0 : charsOf(now.messages.slice(0, now.sent))
  const keptChars = Math.max(0, cachedChars - commonChars(now, collapsed))
  return epochReason({
    staleTokens: staleChars / charsPerToken,
    rebilledTokens: (keptChars - staleChars) / charsPerToken,
    expectedCalls: expectedCalls(effective),
    ...pricesOf(model, nowMs),
    usedTokens: before / charsPerToken,
    contextTokens: model.contextTokens,
  })
}

/** Whether panels have been told about since all of their text collapsed. */
function hasNews(log: readonly LogEvent[]): boolean {
  const from = log.findLastIndex(collapsesPanels)
  return log.slice(from + 1).some((event) => event.type === 'panel.changed' && event.data.changes.length > 0)
}

function isCacheCold({ log, model, nowMs }: EpochQuestion): boolean {
  const asked = log.findLast((event) => event.type === 'step.started')
  if (asked?.type !== 'step.started') return true
  const answered = log.findLast(({ type }) => type === 'step.finished') ?? asked
  const idleMs = answered.time === undefined ? 0 : nowMs - Date.parse(answered.time)
  return asked.data.model !== model.id || idleMs > cacheColdMs
}

function expectedCalls(log: readonly LogEvent[]): number {
  const had = log.filter(({ type }) => type === 'step.finished').length
  return Math.min(Math.max(had, expectedCallsMin), expectedCallsMax)
}

/** Where nobody knows a price, or everything is free, a cached token counts as much as any other. */
function pricesOf(model: EpochQuestion['model'], nowMs: number): { hitPrice: number; missPrice: number } {
  const hitPrice = model.costOf({ ...noUsage, input: million, cacheHit: million }, nowMs)
  const missPrice = model.costOf({ ...noUsage, input: million, cacheMiss: million }, nowMs)
  return hitPrice !== null && missPrice ? { hitPrice, missPrice } : { hitPrice: 1, missPrice: 1 }
}

const million = 1_000_000

function charsOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
}

/** How much of the two requests is the same from the beginning on: what a prompt cache can still give. */
function commonChars(one: History, other: History): number {
  let chars = 0
  for (const [index, message] of one.messages.entries()) {
    const text = JSON.stringify(message)
    const otherText = JSON.stringify(other.messages[index] ?? null)
    if (text !== otherText) return chars + commonLength(text, otherText)
    chars += text.length
  }
  return chars
}

function commonLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return length
}

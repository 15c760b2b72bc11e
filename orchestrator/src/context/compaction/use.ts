import type { Model } from '../../providers/index.js'
import { collapsesPanels, type LogEvent } from '../log-event.js'
import { renderHistory } from '../messages.js'
import type { PanelPolicy } from '../panels/policy.js'

/** From this share of the window on, the model may open a new chat by itself. */
export const continueShareMin = 0.8
/** From this share on, the oldest part is summarised before the model is asked again. */
export const compactShareMin = 0.95
/** Of text that no provider has counted yet. Cautious: code has rather less. */
const charsPerToken = 3.5

/**
 * Tokens that the next request would have, about: as the provider counted the newest one, and an estimate for what has
 * come since. Where the history was rewritten since, all of it is estimated.
 */
export function contextTokensUsed(
  log: readonly LogEvent[],
  options: Pick<Model, 'thinking' | 'images'> & { panelPolicy: PanelPolicy },
): number {
  const { messages, sent } = renderHistory(log, options)
  const counted = log.findLastIndex((event) => event.type === 'step.finished')
  const rewritten = log.findLastIndex((event) => collapsesPanels(event) || event.type === 'session.reverted')
  const last = log[counted]
  if (last?.type !== 'step.finished' || rewritten > counted) return estimate(messages)
  return last.data.usage.input + estimate(messages.slice(sent))
}

function estimate(messages: readonly object[]): number {
  return Math.ceil(messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0) / charsPerToken)
}

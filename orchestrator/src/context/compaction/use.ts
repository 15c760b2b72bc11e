import type { Model } from '../../providers/index.js'
import { collapsesPanels, effectiveEvents, type LogEvent } from '../log-event.js'
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
  events: readonly LogEvent[],
  options: Pick<Model, 'thinking' | 'images'> & { panelPolicy: PanelPolicy },
): number {
  const log = effectiveEvents(events)
  const counted = log.findLast((event) => event.type === 'step.finished')
  const asked = log.findLastIndex((event) => event.type === 'step.started' && event.stepId === counted?.stepId)
  const since = log.slice(asked)
  const isRewritten = log.length < events.length || since.some(collapsesPanels)
  if (counted?.type !== 'step.finished' || isRewritten) return tokensOf(renderHistory(log, options).messages)
  return counted.data.usage.input + tokensOf(since.flatMap(said))
}

/** What of an event the model reads, or as much. */
function said(event: LogEvent): unknown[] {
  if (event.type === 'panel.changed') return [event.data.changes]
  return event.type === 'step.started' || event.type === 'step.finished' || event.type.startsWith('run.')
    ? []
    : [event.data]
}

function tokensOf(parts: readonly unknown[]): number {
  return Math.ceil(parts.reduce<number>((sum, part) => sum + JSON.stringify(part).length, 0) / charsPerToken)
}

import type { Usage } from '../events/index.js'
import type { ModelInfo, Price } from './provider.js'

const million = 1_000_000

/** What a model costs at a moment; null when nobody has said. */
export function priceAt(model: ModelInfo, timeMs: number): Price | null {
  if (!model.prices) return null
  const time = new Date(timeMs)
  const hour = time.getUTCHours()
  const band = model.prices.bands.find(
    ({ since, weekdays, hoursUtc }) =>
      (since === undefined || timeMs >= Date.parse(since)) &&
      weekdays.includes(time.getUTCDay()) &&
      hoursUtc.some(([from, to]) => hour >= from && hour < to),
  )
  return band?.price ?? model.prices.base
}

/** US dollars, at the price of the moment the tokens were processed. */
export function costOf(usage: Usage, model: ModelInfo, timeMs: number): number | null {
  const price = priceAt(model, timeMs)
  if (!price) return null
  return (usage.cacheHit * price.cacheHit + usage.cacheMiss * price.cacheMiss + usage.output * price.output) / million
}

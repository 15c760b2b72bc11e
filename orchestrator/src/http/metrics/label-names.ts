/** Series of one metric are kept for ever, so what others name (tools, models) gets only so many of them. */
export const labelValuesMax = 100
const beyond = 'other'

/** The value itself for the first `labelValuesMax` different ones, "other" for all that come later. */
export function createLabelNames(): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= labelValuesMax) return beyond
    known.add(value)
    return value
  }
}

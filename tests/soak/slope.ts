export interface Sample {
  readonly atMs: number
  readonly value: number
}

/** Of the straight line that fits the samples best (least squares), its rise from the first sample to the last. */
export function rise(samples: readonly Sample[]): number {
  const [first] = samples
  const last = samples.at(-1)
  if (!first || !last || samples.length < 2) return 0
  const meanAt = mean(samples.map(({ atMs }) => atMs))
  const meanValue = mean(samples.map(({ value }) => value))
  const covariance = mean(samples.map(({ atMs, value }) => (atMs - meanAt) * (value - meanValue)))
  const variance = mean(samples.map(({ atMs }) => (atMs - meanAt) ** 2))
  return variance === 0 ? 0 : (covariance / variance) * (last.atMs - first.atMs)
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0) / numbers.length
}
